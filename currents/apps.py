from django.apps import AppConfig


class CurrentsConfig(AppConfig):
    name = "currents"
    label = "currents"
    default_auto_field = "django.db.models.BigAutoField"
