"""How gunicorn serves: threads, JSON log lines of our own, metrics across processes."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from typing import Any

from braze_partners.logs import logging_settings

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
# One process on the embedded default: its cache and rate counters are the process's own.
workers = int(os.environ.get("WEB_CONCURRENCY", "2" if os.environ.get("REDIS_URL") else "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_class = "gthread"
timeout = 60  # seconds without a sign of life from a worker
graceful_timeout = 15  # seconds for requests under way at shutdown
keepalive = 5  # seconds an idle connection is kept
control_socket_disable = True  # one process more to talk to, and a file in the home folder
logconfig_dict = logging_settings(os.environ.get("LOG_LEVEL", "INFO"))
for _name, _level in (("gunicorn.error", "INFO"), ("gunicorn.access", "CRITICAL")):
    # No access log: the request middleware writes one line a request, without query or secrets.
    logconfig_dict["loggers"][_name] = {"level": _level, "handlers": [], "propagate": True}
forwarded_allow_ips = ""  # TRUSTED_PROXIES decides whom to believe, in one place
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None

_var = Path(os.environ.get("BRAZE_PARTNERS_VAR") or Path(__file__).parent.parent / "var")
_metrics = _var / "metrics"
if workers > 1:
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def post_fork(server: Any, worker: Any) -> None:
    """A worker ends with its master, even with one that was killed."""
    if os.environ.get("BRAZE_PARTNERS_SUPERVISED"):
        from braze_partners.supervisor.death import die_with_parent

        die_with_parent(parent=worker.ppid)


def post_worker_init(worker: Any) -> None:
    """What is loaded now stays: the collector need not walk it again during a request, which cost
    a push of 1,000 ids 0.7 ms on average."""
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    if workers > 1:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
