"""`make up`: one supervisor per folder, from preparation to the last process's end."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from braze_partners.supervisor import files, parts, ports, screen
from braze_partners.supervisor.running import Group, PartDidNotStart, rotating_log

REPOSITORY = Path(__file__).resolve().parent.parent.parent
WEB_PORT = 8000
SANDBOX_PORT = 8010


def say(text: str) -> None:
    print(text, flush=True)


class Supervisor:
    """Holds the folder's lock, the parts and their addresses."""

    def __init__(self, options: argparse.Namespace, var: Path) -> None:
        self.options = options
        self.var = var
        self.run_file = var / "run.json"
        self.log = rotating_log(var / "log" / "supervisor.log")
        self.stop = threading.Event()
        self.signals = 0
        self.started_at = datetime.now(UTC).isoformat(timespec="seconds")

    def say(self, text: str) -> None:
        """To the terminal and to var/log/supervisor.log."""
        say(text)
        self.log.info("%s %s", datetime.now(UTC).isoformat(timespec="seconds"), text)

    def on_signal(self, number: int, frame: object) -> None:
        self.signals += 1
        self.stop.set()

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        self.run_file.unlink(missing_ok=True)  # of one that was killed
        say("Preparing: database, translations, demo …")
        if not self.prepare():
            return 0 if self.stop.is_set() else 1
        listener = ports.listen(self.options.host, self.options.web_port)
        with listener:
            self.settle_addresses(listener)
            self.group = Group(self.parts(listener), self.var / "log", self.say)
            return self.run_group()

    def prepare(self) -> bool:
        demo = [] if self.options.demo else ["--no-demo"]
        if self.run_step("-m", "braze_partners.supervisor.preparing", *demo):
            return True
        if not self.stop.is_set():
            self.say("The preparation failed; see above.")
        return False

    def run_step(self, *arguments: str) -> bool:
        """A command of ours run to its end, or until we are to stop; whether it succeeded."""
        with subprocess.Popen([sys.executable, *arguments], start_new_session=True) as process:
            while process.poll() is None:
                if self.stop.wait(0.05):
                    process.terminate()
        return process.returncode == 0 and not self.stop.is_set()

    def settle_addresses(self, listener: socket.socket) -> None:
        host = self.options.host
        self.web_port = listener.getsockname()[1]
        if self.web_port != self.options.web_port:
            self.say(screen.moved("the dashboard", self.options.web_port, self.web_port))
        self.sandbox_port = 0
        if self.options.sandbox:
            wanted = self.options.sandbox_port
            self.sandbox_port = ports.next_free("127.0.0.1", wanted, self.web_port)
            if self.sandbox_port != wanted:
                self.say(screen.moved("the sandbox", wanted, self.sandbox_port))
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        self.addresses = screen.Addresses(
            f"http://{shown}:{self.web_port}",
            f"http://127.0.0.1:{self.sandbox_port}" if self.sandbox_port else "",
        )

    def parts(self, listener: socket.socket) -> list[parts.Part]:
        host = self.options.host
        asked = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        wanted = [parts.web(asked, self.web_port, listener.fileno()), parts.worker()]
        if self.sandbox_port:
            wanted.append(parts.sandbox("127.0.0.1", self.sandbox_port))
        return wanted

    def run_group(self) -> int:
        try:
            self.group.start(self.stop)
            if not self.stop.is_set():
                self.write_run_file()
                self.connect_demo()
                self.addresses = replace(self.addresses, **self.sandbox_keys())
                say(screen.welcome(self.addresses, self.sign_ins(), str(self.var / "log")))
                self.group.watch(self.stop, self.write_run_file)
            say("\nStopping; a second Ctrl-C does not wait for what is under way.")
            return 0
        except PartDidNotStart as error:
            self.say(str(error))
            return 1
        finally:
            self.run_file.unlink(missing_ok=True)
            asked = self.signals
            self.group.stop(hurry=lambda: self.signals > asked)
            self.say("Everything has ended. State is kept in var/.")

    def connect_demo(self) -> None:
        """The sandbox learns our address of today, and a key if it has none."""
        if not (self.options.demo and self.sandbox_port):
            return
        if not self.run_step("manage.py", "connect_sandbox") and not self.stop.is_set():
            self.say("The sandbox could not be connected; see above. All else runs.")

    def write_run_file(self) -> None:
        content: dict[str, Any] = {
            "web": self.addresses.web,
            "sandbox": self.addresses.sandbox,
            **self.sandbox_keys(),
            "pids": {"supervisor": os.getpid(), **self.group.pids()},
            "started_at": self.started_at,
        }
        files.write_json(self.run_file, content)

    def sandbox_keys(self) -> dict[str, str]:
        """The keys of the sandbox's project, which it made at its first start."""
        held = files.read_json(self.var / "sandbox.json") if self.sandbox_port else {}
        return {f"sandbox_{name}": str(held.get(name, "")) for name in ("api_key", "secret_key")}

    def sign_ins(self) -> list[screen.SignIn]:
        """What the demo left in var/demo.json, if it is loaded."""
        if not self.options.demo:
            return []
        listed = files.read_json(self.var / "demo.json").get("sign_ins", [])
        return [screen.SignIn(s["role"], s["email"], s["password"]) for s in listed]


def parse(argv: list[str]) -> argparse.Namespace:
    env = os.environ.get
    parser = argparse.ArgumentParser(prog="make up")
    parser.add_argument("--host", default=env("WEB_HOST", "127.0.0.1"))
    parser.add_argument("--web-port", type=int, default=int(env("WEB_PORT", str(WEB_PORT))))
    default = int(env("SANDBOX_PORT", str(SANDBOX_PORT)))
    parser.add_argument("--sandbox-port", type=int, default=default)
    parser.add_argument("--no-demo", dest="demo", action="store_false")
    options = parser.parse_args(argv)
    production = env("BRAZE_PARTNERS_ENV", "embedded") == "production"
    switched = env("SANDBOX_ENABLED", "").lower() or ("false" if production else "true")
    options.sandbox = switched in ("1", "true", "yes", "on")
    options.demo = options.demo and not production
    return options


def main() -> int:
    options = parse(sys.argv[1:])
    os.chdir(REPOSITORY)
    var = Path(os.environ.get("BRAZE_PARTNERS_VAR") or REPOSITORY / "var").resolve()
    lock = files.take_lock(var / "up.lock")
    if lock is None:
        say(screen.already_running(files.read_json(var / "run.json")))
        return 0
    with lock:
        return Supervisor(options, var).run()


if __name__ == "__main__":
    sys.exit(main())
