"""People, cohorts and memberships as rows."""

# mypy: disable-error-code="attr-defined"

from __future__ import annotations

from django.db import models


class Person(models.Model):
    """The columns of the product's own profile; only the index is the plain one."""

    workspace = models.IntegerField()
    external_id = models.CharField(max_length=997)
    braze_id = models.CharField(max_length=24)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=8, blank=True)
    gender = models.CharField(max_length=10, blank=True)
    home_city = models.CharField(max_length=255, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    email_subscribe = models.CharField(max_length=12, default="subscribed")
    push_subscribe = models.CharField(max_length=12, default="subscribed")
    created_at = models.DateTimeField()
    last_active_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "twin"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="twin_person_once")
        ]

    def __str__(self) -> str:
        return self.external_id


class Cohort(models.Model):
    workspace = models.IntegerField()
    cohort_id = models.CharField(max_length=255)

    class Meta:
        app_label = "twin"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "cohort_id"], name="twin_cohort_once")
        ]

    def __str__(self) -> str:
        return self.cohort_id


class Membership(models.Model):
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)

    class Meta:
        app_label = "twin"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "person"], name="twin_membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.cohort_id}"
