"""Makes someone Admin of a workspace, with an account if there is none yet."""

from __future__ import annotations

import json
import sys
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from braze_partners.workspaces import members, passwords
from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import Account, Role, Workspace


class Command(BaseCommand):
    help = (
        "Make someone Admin of a workspace. A new account gets its password from standard input, "
        "from a prompt, or else by a one-time link that is printed. An account that exists keeps "
        "its password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", help="for a new account")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--password-stdin", action="store_true", help="read it from standard input"
        )
        how.add_argument("--prompt", action="store_true", help="ask for it")
        parser.add_argument("--origin", help="our address for the link; var/run.json has it")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        email = options["email"].strip().lower()
        with transaction.atomic():
            account = Account.objects.filter(email=email).first()
            existed = account is not None
            account = account or self._new_account(email, options)
            self._make_admin(workspace, account)
        self.stdout.write(f"{account.email} is Admin of {workspace.name}.")
        if existed:
            self.stdout.write("The account existed and keeps its password.")
        elif not account.has_usable_password():
            link = passwords.password_link(account, options["origin"] or _origin())
            days = passwords.link_days()
            self.stdout.write(f"Set the password there (works once, for {days} days):\n{link}")

    def _new_account(self, email: str, options: dict[str, Any]) -> Account:
        if not options["name"]:
            raise CommandError("This is a new account: give --name too.")
        password = None
        if options["password_stdin"]:
            password = sys.stdin.readline().rstrip("\r\n")
        elif options["prompt"]:
            password = getpass("Password: ")
        try:
            validate_email(email)
            if password is not None:
                validate_password(password, Account(email=email, name=options["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return Account.objects.create_account(email, password, options["name"])

    def _make_admin(self, workspace: Workspace, account: Account) -> None:
        actor = Actor()
        member = members.join(workspace, account, Role.ADMIN, actor)
        if member.role != Role.ADMIN:
            members.change_role(workspace, member.pk, Role.ADMIN, actor)


def _origin() -> str:
    """Where `make up` serves, else a guess that the operator sees and can correct."""
    try:
        return str(json.loads(settings.RUN_FILE.read_text())["web"])
    except (OSError, ValueError, KeyError):
        return "http://127.0.0.1:8000"
