from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "braze_partners.rest"
    label = "rest"
    default_auto_field = "django.db.models.BigAutoField"
