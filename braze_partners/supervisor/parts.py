"""What runs on one machine: each part's command, and how one sees that it is ready."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

SETTINGS = "braze_partners.settings"
WORKER_THREADS = 4  # tasks wait for the database and for HTTP, not for the processor


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    argv: tuple[str, ...]
    is_ready: Callable[[], bool]
    env: dict[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()


def web(host: str, port: int, fd: int) -> Part:
    argv = (
        *("-m", "gunicorn", "braze_partners.wsgi:application"),
        *("--config", "python:braze_partners.gunicorn_conf", "--bind", f"fd://{fd}"),
    )
    env = {"DJANGO_SETTINGS_MODULE": SETTINGS}
    return Part("web", argv, lambda: answers(host, port, "/healthz"), env, (fd,))


def worker() -> Part:
    argv = (
        *("-m", "celery", "-A", "braze_partners.celery", "worker", "--beat"),
        *("--pool", "threads", "--concurrency", str(WORKER_THREADS)),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
    )
    return Part("worker", argv, lambda: True, {"DJANGO_SETTINGS_MODULE": SETTINGS})


def sandbox(host: str, port: int) -> Part:
    argv = ("-m", "braze_partners.sandbox", "--port", str(port))
    return Part("sandbox", argv, lambda: answers(host, port, "/"))


def answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server there answers anything but an error of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def environment(part: Part) -> dict[str, str]:
    """The child's environment: ours, without what belongs to another part."""
    kept = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    return {**kept, "PYTHONUNBUFFERED": "1", "BRAZE_PARTNERS_SUPERVISED": "1", **part.env}


def command(part: Part) -> list[str]:
    """The command wrapped so that it ends with this process."""
    wrapper = [sys.executable, "-m", "braze_partners.supervisor.child", str(os.getpid())]
    return [*wrapper, sys.executable, *part.argv]
