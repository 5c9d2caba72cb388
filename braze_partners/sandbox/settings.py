"""The sandbox's own settings, read from the environment; they share nothing with the dashboard's.

Every variable is described in docs/operating.md.
"""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env

from braze_partners.sandbox import state_files

env = Env()

if env.str("BRAZE_PARTNERS_ENV", "embedded") == "production":
    raise ImproperlyConfigured("The Amplitude sandbox does not start in production.")
if not env.bool("SANDBOX_ENABLED", True):
    raise ImproperlyConfigured("The Amplitude sandbox is switched off (SANDBOX_ENABLED=false).")

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = state_files.var_dir()
VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = state_files.own_secrets()["signing_key"]
DEBUG = False
# Only these names reach us, so a page elsewhere cannot talk to us through a name of its own.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("SANDBOX_ALLOWED_HOSTS", [])]

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "braze_partners.sandbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "braze_partners.sandbox.urls"
WSGI_APPLICATION = "braze_partners.sandbox.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "braze_partners.sandbox.context.shell",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": env.str("SANDBOX_DATABASE", "") or str(VAR_DIR / "sandbox.sqlite3"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 15,
            "transaction_mode": "IMMEDIATE",
            # Pages of the journal before they are moved over: a large upload writes hundreds.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000;"
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("SANDBOX_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [("sandbox", BASE_DIR / "static" / "sandbox")]
WHITENOISE_USE_FINDERS = True

# Cookies ignore the port: without names of our own we would share the dashboard's.
CSRF_COOKIE_NAME = "sandbox_csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "braze_partners.sandbox.views.destinations.not_from_here"
LANGUAGE_COOKIE_NAME = "sandbox_language"
MESSAGE_STORAGE = "braze_partners.sandbox.context.SandboxMessages"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "sandbox %(levelname)s %(name)s: %(message)s"}},
    # An error that a fault answers with is no news; one that we made has its exception with it.
    "filters": {
        "exceptions": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: record.exc_info is not None,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR", "filters": ["exceptions"]},
    },
}

# A paste of a hundred thousand ids is about 2 MB; beyond 20 MB it is a mistake.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

PROJECT_NAME = env.str("SANDBOX_PROJECT", "Lumen production")
REST_ENDPOINT = env.str("REST_ENDPOINT", "")
ALLOWED_ENDPOINTS = env.str("SANDBOX_ALLOWED_ENDPOINTS", "").lower().split(",")
PARTNER_API_KEY = env.str("SANDBOX_PARTNER_API_KEY", "amplitude-sandbox")
RETRY_DELAYS = os.environ.get("SANDBOX_RETRY_DELAYS", "")
REQUEST_TIMEOUTS = os.environ.get("SANDBOX_REQUEST_TIMEOUTS", "")
SEED_USERS = env.int("SANDBOX_SEED_USERS", 5_000)

# Event upload: what is accepted, and the limits of upload/limits.py where they are to be others.
API_KEYS: list[str] = list(filter(None, env.list("SANDBOX_API_KEYS", [])))
REQUEST_BYTES = env.int("SANDBOX_REQUEST_BYTES", 1024 * 1024 - 1)
BATCH_BYTES = env.int("SANDBOX_BATCH_BYTES", 20 * 1024 * 1024)
REQUEST_EVENTS = env.int("SANDBOX_REQUEST_EVENTS", 1_999)
BATCH_EVENTS = env.int("SANDBOX_BATCH_EVENTS", 2_000)
EPS = env.float("SANDBOX_EPS", 30)
BATCH_EPS = env.float("SANDBOX_BATCH_EPS", 1_000)
EPS_WINDOW = env.float("SANDBOX_EPS_WINDOW", 30)
DAILY_QUOTA = env.int("SANDBOX_DAILY_QUOTA", 500_000)
PROJECT_EPS = env.float("SANDBOX_PROJECT_EPS", 0)
PROJECT_RPS = env.float("SANDBOX_PROJECT_RPS", 0)

# Behavioral Cohorts and User Profile: the limits of their documents where they are to be others.
APP_ID = env.int("SANDBOX_APP_ID", 187_520)
COHORT_REQUESTS = env.int("SANDBOX_COHORT_REQUESTS", 60)
COHORT_USERS = env.int("SANDBOX_COHORT_USERS", 2_000_000)
COHORT_SECONDS = env.float("SANDBOX_COHORT_SECONDS", 2)
COHORT_REDIRECT_BYTES = env.int("SANDBOX_COHORT_REDIRECT_BYTES", 1024 * 1024)
PROFILE_REQUESTS = env.int("SANDBOX_PROFILE_REQUESTS", 600)
