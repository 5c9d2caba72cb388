from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "braze_partners.partners"
    label = "partners"
    default_auto_field = "django.db.models.BigAutoField"
