"""The addresses of the partners' pages, below /w/<workspace>/partners/."""

from __future__ import annotations

from django.urls import path

from braze_partners.dashboard import partner_pages
from braze_partners.rest.converters import ROW

urlpatterns = [
    path("", partner_pages.partner_list, name="partners"),
    path("<slug:slug>/", partner_pages.partner_page, name="partner"),
    path("<slug:slug>/activity/", partner_pages.partner_activity, name="partner-activity"),
    path("<slug:slug>/guide/", partner_pages.partner_guide, name="partner-guide"),
    path("<slug:slug>/beside/", partner_pages.partner_beside, name="partner-beside"),
    path("<slug:slug>/keys/", partner_pages.generate_key, name="partner-generate-key"),
    path(
        f"<slug:slug>/keys/<{ROW}:pk>/rotate/",
        partner_pages.rotate_key,
        name="partner-rotate-key",
    ),
    path(
        f"<slug:slug>/keys/<{ROW}:pk>/invalidate/",
        partner_pages.invalidate_key,
        name="partner-invalidate-key",
    ),
]
