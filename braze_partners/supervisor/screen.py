"""The one screen of text that `make up` prints. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignIn:
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Addresses:
    web: str
    sandbox: str  # empty when it does not run
    sandbox_api_key: str = ""
    sandbox_secret_key: str = ""


def welcome(addresses: Addresses, sign_ins: list[SignIn], log_folder: str) -> str:
    lines = ["", "Braze Partners is running.", "", f"  Dashboard          {addresses.web}"]
    if addresses.sandbox:
        lines.append(f"  Amplitude sandbox  {addresses.sandbox}")
    if addresses.sandbox and addresses.sandbox_api_key:
        lines.append(f"  Amplitude sandbox API key: {addresses.sandbox_api_key}")
        lines.append(f"  Amplitude sandbox secret key: {addresses.sandbox_secret_key}")
    if sign_ins:
        width = max(len(s.email) for s in sign_ins)
        lines += ["", "  Sign in as"]
        lines += [f"    {s.role:<10} {s.email:<{width}}  password  {s.password}" for s in sign_ins]
        lines += [
            "",
            "  Begin here",
            f"    Open {addresses.web} and sign in as the marketer. The home page leads on: push",
            "    the demo cohort from Amplitude's side, and watch it become a segment's size.",
        ]
    else:
        lines += [
            "",
            "  Begin here",
            "    .venv/bin/python manage.py create_workspace --help",
            "    .venv/bin/python manage.py create_admin --help",
        ]
    return "\n".join([*lines, "", f"  Logs in {log_folder}. Ctrl-C ends everything.", ""])


def already_running(run: dict[str, object]) -> str:
    if not run.get("web"):
        return "Braze Partners is being started in this folder by another `make up`."
    return (
        f"Braze Partners already runs in this folder: {run['web']}\n"
        f"It was started at {run.get('started_at', 'an unknown time')}; "
        "Ctrl-C in its terminal ends it."
    )


def moved(what: str, wanted: int, got: int) -> str:
    return f"Port {wanted} is taken: {what} moves to {got}."
