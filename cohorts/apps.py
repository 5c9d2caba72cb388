from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"
    label = "cohorts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from braze_partners.people.signals import people_deleted
        from cohorts.deletions import take_out

        people_deleted.connect(take_out, dispatch_uid="cohorts.deletions")
