"""People, cohorts and memberships as rows."""

# mypy: disable-error-code="attr-defined"

from __future__ import annotations

from django.db import models


class Person(models.Model):
    workspace = models.IntegerField()
    external_id = models.CharField(max_length=255)

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
