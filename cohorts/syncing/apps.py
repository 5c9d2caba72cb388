from django.apps import AppConfig


class SyncingConfig(AppConfig):
    name = "cohorts.syncing"
    label = "syncing"
    default_auto_field = "django.db.models.BigAutoField"
