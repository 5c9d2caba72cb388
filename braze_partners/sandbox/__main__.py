"""`python -m braze_partners.sandbox`: starts the Amplitude sandbox, or fills it with a demo."""

from __future__ import annotations

import argparse
import os
import sys

DEFAULT_PORT = 8010


def main() -> int:
    arguments = _arguments()
    os.environ["DJANGO_SETTINGS_MODULE"] = "braze_partners.sandbox.settings"

    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    if arguments.command == "seed":
        _prepare(arguments.users or settings.SEED_USERS, only_first=False)
        return 0
    return _serve(arguments.bind, arguments.port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m braze_partners.sandbox", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "seed"], default="serve")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument(
        "--bind",
        default=os.environ.get("SANDBOX_BIND", "127.0.0.1"),
        help="the address to listen on; there is no sign-in, so keep it to this machine",
    )
    parser.add_argument("--users", type=int, help="how many users `seed` makes")
    return parser.parse_args()


def _serve(host: str, port: int) -> int:
    from django.conf import settings

    from braze_partners.sandbox import state_files
    from braze_partners.sandbox.server import AlreadyRuns, SandboxServer, hold_alone

    try:
        lock = hold_alone(settings.VAR_DIR)
    except AlreadyRuns as refused:
        sys.stderr.write(f"{refused}\n")
        return 3
    state_files.project_credentials()
    _prepare(settings.SEED_USERS, only_first=True)
    with lock:
        SandboxServer(host, port).run()
    return 0


def _prepare(user_count: int, *, only_first: bool) -> None:
    """Brings the database up to date and fills it, at first start or when asked to."""
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone

    from braze_partners.sandbox import seeding

    call_command("migrate", verbosity=0, interactive=False)
    if not only_first or (user_count > 0 and seeding.is_empty()):
        seeding.seed(user_count, timezone.now())
    connections.close_all()  # the server forks, and a connection must not be shared


if __name__ == "__main__":
    sys.exit(main())
