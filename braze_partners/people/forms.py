"""The upload form of the import of people."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        max_length=255,
        help_text=_(
            "UTF-8, .csv or .csv.gz, at most 2 GB. The first line names the columns; comma, "
            "semicolon or tab between them."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        name = (upload.name or "").lower()
        if not name.endswith((".csv", ".csv.gz")):
            raise forms.ValidationError(_("Choose a file whose name ends in .csv or .csv.gz."))
        return upload
