"""Who may come in: accounts, workspaces, members with a role, invitations, the audit log.

Knows nothing of partners, people or cohorts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from braze_partners.workspaces.sessions import SessionStore


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    MARKETER = "marketer", _("Marketer")
    VIEWER = "viewer", _("Viewer")


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        """Exactly one spelling finds an account, so that lock-out counts under that spelling."""
        return self.get(email=(username or "").lower())

    def create_account(
        self,
        email: str,
        password: str | None,
        name: str,
        language: str = Language.ENGLISH,
    ) -> Account:
        account = self.model(email=email.strip().lower(), name=name, language=language)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A person who signs in, with one e-mail address, in any number of workspaces."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    password_link_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = AccountManager()

    def __str__(self) -> str:
        return self.email


class Workspace(models.Model):
    """Everything belongs to one; the older docs of Braze say app group."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    create_unknown_users = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class Member(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "account"], name="member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.workspace_id} as {self.role}"


class Invitation(models.Model):
    """Sent by e-mail; the token's digest is kept, never the token."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    token_digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace_id}"


class AuditEntry(models.Model):
    """Who did what, when, from where, to which object. Never changed, never holds a secret."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audit")
    at = models.DateTimeField()
    actor = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, blank=True)
    actor_text = models.CharField(max_length=400)
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=300)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-at", "-id"], name="audit_by_time")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class BrowserSession(AbstractBaseSession):
    """A session with the person it belongs to, so that a person can see and end their own."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="browser_sessions"
    )
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=400, default="")
    signed_in_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from braze_partners.workspaces.sessions import SessionStore

        return SessionStore
