from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "braze_partners.dashboard"
    label = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from braze_partners.dashboard.person_amplitude import forget
        from braze_partners.people.signals import people_deleted

        people_deleted.connect(forget, dispatch_uid="dashboard.person_amplitude")
