from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "braze_partners.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
