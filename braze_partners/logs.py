"""One JSON object a line on standard output, with request and run ids and without secrets.
Knows no app."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

# Keys whose values never reach a log line, at any depth, in any spelling of case or hyphen.
SECRET_KEYS = frozenset(
    {
        *("client_secret", "partner_api_key", "api_key", "secret_key", "secret", "key"),
        *("authorization", "proxy_authorization", "cookie", "set_cookie", "csrfmiddlewaretoken"),
        *("password", "new_password", "token", "access_token"),
        *("sandbox_api_key", "sandbox_secret_key"),
    }
)
HIDDEN = "[hidden]"


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: the same event with every secret-looking value hidden."""
    return {name: _shown(name, value) for name, value in event.items()}


def _shown(name: str, value: Any) -> Any:
    if isinstance(name, str) and name.lower().replace("-", "_") in SECRET_KEYS:
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: _shown(inner, kept) for inner, kept in value.items()}
    if isinstance(value, list | tuple):
        return [_shown("", item) for item in value]
    return value


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
    redact,
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: libraries' lines take the same shape as ours."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.server": {"handlers": [], "propagate": True},
            # Every 404 and 403 is in the request line already.
            "django.request": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # A wake-up that found nothing to do is no news; the jobs say what they did.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
