from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "braze_partners.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from braze_partners.workspaces import signals  # noqa: F401
