"""Settings: read from the environment, with an embedded default under `var/`.

Every variable is described in docs/operating.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from environs import Env

from braze_partners.environment import broker_options, database, secret
from braze_partners.logs import logging_settings

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("BRAZE_PARTNERS_VAR", str(BASE_DIR / "var"))).resolve()
PRODUCTION = env.str("BRAZE_PARTNERS_ENV", "embedded") == "production"
RUN_FILE = VAR_DIR / "run.json"


def _secret(name: str) -> str:
    return secret(name, production=PRODUCTION, var_dir=VAR_DIR)


SECRET_KEY = _secret("SECRET_KEY")
# The key of the keyed hash under which import keys and REST keys are stored.
KEY_HASH_SECRET = _secret("KEY_HASH_SECRET")
# Fernet keys, comma separated; the first encrypts, all decrypt.
ENCRYPTION_KEYS = [key.strip() for key in _secret("ENCRYPTION_KEYS").split(",")]

DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", [])
REST_ENDPOINT = env.str("REST_ENDPOINT", "")
DASHBOARD_URL = env.str("DASHBOARD_URL", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_celery_beat",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "braze_partners.rest",
    "braze_partners",
    "braze_partners.workspaces",
    "braze_partners.keys",
    "braze_partners.partners",
    "braze_partners.webhooks",
    "braze_partners.people",
    "braze_partners.events",
    "cohorts",
    "cohorts.syncing",
    "cohorts.segments",
    "currents",
    "currents.replays",
    "braze_partners.messaging",
    "braze_partners.dashboard",
]

MIDDLEWARE = [
    "braze_partners.request_ids.RequestIdMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "braze_partners.nul.NulMiddleware",
    "braze_partners.rest.edge.MachineEdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "braze_partners.workspaces.middleware.PrivatePagesMiddleware",
    "braze_partners.dashboard.preferences.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "braze_partners.busy.BusyDatabaseMiddleware",
    "braze_partners.workspaces.middleware.WorkspaceMiddleware",
    "braze_partners.dashboard.visits.VisitMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "braze_partners.urls"
WSGI_APPLICATION = "braze_partners.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "braze_partners.workspaces.context.workspace",
                "braze_partners.dashboard.shell.shell",
            ],
        },
    },
]

DATABASE_URL = env.str("DATABASE_URL", "")
DATABASES = {"default": database(DATABASE_URL, VAR_DIR)}

REDIS_URL = env.str("REDIS_URL", "")
CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},  # seconds
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

AUTH_USER_MODEL = "workspaces.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "braze_partners.workspaces.sessions"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "braze_partners.workspaces.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "braze_partners.workspaces.views_public.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # so that the time the page names holds
AXES_DISABLE_ACCESS_LOG = True  # a row per sign-in for ever; the sessions say it

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Where `collectstatic` has put the files, with their hashes in their names; without it they are
# served from where they lie, so that the embedded default needs no such step.
COLLECTED = env.str("STATIC_ROOT", "")
STATIC_ROOT = COLLECTED or None
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if COLLECTED
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION and not env.bool("INSECURE_COOKIES", False)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 14 * 24 * 3600

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["braze_partners.rest.parsers.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["braze_partners.keys.authentication.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["braze_partners.rest.permissions.HasPermission"],
    "EXCEPTION_HANDLER": "braze_partners.rest.exceptions.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Braze Partners",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CurrentState": "currents.states.State",
        "ConnectionTestState": "currents.models.ConnectionTest.State",
        "OutreachState": "braze_partners.messaging.models.Outreach.State",
        "OutreachChannel": "braze_partners.messaging.models.Channel",
        "AttemptOutcome": "currents.models.Attempt.Outcome",
        "EventOutcome": "currents.lookup_api.OUTCOMES",
        "IdentifierKind": "braze_partners.people.api.KINDS",
    },
    "AUTHENTICATION_WHITELIST": ["braze_partners.keys.authentication.BearerKey"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "braze_partners.events.openapi.add_intake",
        "braze_partners.rest.schema.add_problems",
    ],
}

EMAIL_BACKEND = env.str("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Braze Partners <no-reply@localhost>")

# Accepted `partner_api_key` values by partner slug; none configured: any non-empty string
# (own choice, wire/braze-cohort-import.md).
PARTNER_API_KEYS: dict[str, list[str]] = dict(env.json("PARTNER_API_KEYS", {}))

# Requests a workspace may make, and seconds of their window, by pool: {"track": [3000, 3]};
# braze_partners/rest/limits.py has the defaults.
RATE_LIMITS: dict[str, tuple[int, int]] = {
    pool: (int(requests), int(seconds))
    for pool, (requests, seconds) in dict(env.json("RATE_LIMITS", {})).items()
}
# Last used times and calls per hour of keys are written by a thread beside the requests.
WRITE_KEY_USE_IN_BACKGROUND = env.bool("WRITE_KEY_USE_IN_BACKGROUND", True)

# Celery. A message is only a wake-up: state, due times and leases live in the database and a sweep
# finds what was forgotten, so nothing here has to be safe against loss.
BROKER_FOLDER = VAR_DIR / "broker"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", REDIS_URL or "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = broker_options(CELERY_BROKER_URL, BROKER_FOLDER)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no results, so nothing to clean up
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # the sweep does what redelivery would
CELERY_TASK_PUBLISH_RETRY = False  # a request never waits for the broker
# Seconds. Soft: the task's own lease ends it long before; both hold for process pools only.
CELERY_TASK_SOFT_TIME_LIMIT = 15 * 60
CELERY_TASK_TIME_LIMIT = 16 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5  # seconds

# The sandbox ships with us for development; production refuses it.
SANDBOX_ENABLED = env.bool("SANDBOX_ENABLED", not PRODUCTION)

# Amplitude's hosts: no other is ever called. Without an address the sandbox's own is looked up in
# the run file at each use.
AMPLITUDE_US_URL = env.str("AMPLITUDE_US_URL", "https://api2.amplitude.com")
AMPLITUDE_EU_URL = env.str("AMPLITUDE_EU_URL", "https://api.eu.amplitude.com")
AMPLITUDE_US_ANALYTICS_URL = env.str("AMPLITUDE_US_ANALYTICS_URL", "https://amplitude.com")
AMPLITUDE_EU_ANALYTICS_URL = env.str(
    "AMPLITUDE_EU_ANALYTICS_URL", "https://analytics.eu.amplitude.com"
)
# The User Profile API, which Amplitude offers for projects in the United States only.
AMPLITUDE_US_PROFILE_URL = env.str("AMPLITUDE_US_PROFILE_URL", "https://profile-api.amplitude.com")
# Ends of host names to which Amplitude may send us for a cohort's file.
AMPLITUDE_DOWNLOAD_HOSTS: list[str] = env.list("AMPLITUDE_DOWNLOAD_HOSTS", [".amazonaws.com"])
AMPLITUDE_SANDBOX_URL = env.str("AMPLITUDE_SANDBOX_URL", "")

# Hosts, hosts with a port, addresses and networks that are no public ones, or that are called over
# http, and that webhooks and callbacks may reach all the same (braze_partners/outbound.py).
OUTBOUND_ALLOWED: list[str] = env.list("OUTBOUND_ALLOWED", [])

# How long a refused key may make events wait before they are dropped, in hours (product.md 5.4).
CREDENTIALS_WINDOW_HOURS = env.float("CREDENTIALS_WINDOW_HOURS", 48)
# Days that the event log is kept; what an active Current has not decided is kept for up to 14
# (product.md 5.4).
EVENT_LOG_RETENTION_DAYS = env.int("EVENT_LOG_RETENTION_DAYS", 7)
# Seconds between two probes of a refused key.
PROBE_SECONDS = env.float("PROBE_SECONDS", 180)
# Threads that deliver in each worker process, and the seconds that one request may take in all.
DELIVERY_THREADS = env.int("DELIVERY_THREADS", 8)
DELIVERY_REQUEST_SECONDS = env.float("DELIVERY_REQUEST_SECONDS", 20)

# /metrics: with a token, a Bearer of it; without, the machine itself only.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# Where a worker process answers for its own attempts; 0: nowhere.
WORKER_METRICS_PORT = env.int("WORKER_METRICS_PORT", 0)
WORKER_METRICS_BIND = env.str("WORKER_METRICS_BIND", "127.0.0.1")
LOGGING = logging_settings(env.str("LOG_LEVEL", "INFO"))
