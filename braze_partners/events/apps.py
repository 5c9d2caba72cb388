from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


def make_partitions(sender: object, **_: object) -> None:
    """After a pause of days the first event must not come before the first run of the clock."""
    from braze_partners.events import partitions

    partitions.make_ahead(timezone.now())


class EventsConfig(AppConfig):
    name = "braze_partners.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from braze_partners.events.deletion import bury
        from braze_partners.people.signals import people_deleted

        people_deleted.connect(bury, dispatch_uid="events.deletion")
        post_migrate.connect(make_partitions, sender=self)
