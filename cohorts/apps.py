from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"
    label = "cohorts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from braze_partners.people.signals import people_deleted, people_merged
        from cohorts.deletions import take_out
        from cohorts.merges import follow

        people_deleted.connect(take_out, dispatch_uid="cohorts.deletions")
        people_merged.connect(follow, dispatch_uid="cohorts.merges")
