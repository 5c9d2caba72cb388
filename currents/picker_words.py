"""The picker's groups and labels in the reader's language. The catalogue has them as Braze's own
English ones; a test fails when it has one that is missing here."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from braze_partners.events.catalogue import EventType

GROUPS: dict[str, Promise] = {
    "Campaign Events": _("Campaign Events"),
    "Canvas Events": _("Canvas Events"),
    "Email Events": _("Email Events"),
    "Push Notification Events": _("Push Notification Events"),
    "In-App Message Events": _("In-App Message Events"),
    "News Feed Events": _("News Feed Events"),
    "Webhook Events": _("Webhook Events"),
    "Uninstall Events": _("Uninstall Events"),
    "Content Card Events": _("Content Card Events"),
    "SMS/MMS Events": _("SMS/MMS Events"),
    "Subscription Events": _("Subscription Events"),
    "Banner Events": _("Banner Events"),
    "Feature Flag Events": _("Feature Flag Events"),
    "LINE Events": _("LINE Events"),
    "Live Activity Events": _("Live Activity Events"),
    "RCS Events": _("RCS Events"),
    "WhatsApp Events": _("WhatsApp Events"),
    "Agent Console Events": _("Agent Console Events"),
    "Custom Events": _("Custom Events"),
    "Purchase Events": _("Purchase Events"),
    "Session Events": _("Session Events"),
    "Location Events": _("Location Events"),
    "Install Attribution Events": _("Install Attribution Events"),
    "Push Notification Token Events": _("Push Notification Token Events"),
}

LABELS: dict[str, Promise] = {
    "Conversion": pgettext_lazy("event type", "Conversion"),
    "Control Enrollment": pgettext_lazy("event type", "Control Enrollment"),
    "Entry": pgettext_lazy("event type", "Entry"),
    "Content Optimizer Step Send": pgettext_lazy("event type", "Content Optimizer Step Send"),
    "Exit Matched Audience": pgettext_lazy("event type", "Exit Matched Audience"),
    "Exit Performed Event": pgettext_lazy("event type", "Exit Performed Event"),
    "Experiment Step Conversion": pgettext_lazy("event type", "Experiment Step Conversion"),
    "Experiment Step Split Entry": pgettext_lazy("event type", "Experiment Step Split Entry"),
    "Step Progression": pgettext_lazy("event type", "Step Progression"),
    "Click": pgettext_lazy("event type", "Click"),
    "Open": pgettext_lazy("event type", "Open"),
    "Send": pgettext_lazy("event type", "Send"),
    "Delivery": pgettext_lazy("event type", "Delivery"),
    "Mark As Spam": pgettext_lazy("event type", "Mark As Spam"),
    "Unsubscribe": pgettext_lazy("event type", "Unsubscribe"),
    "Bounce": pgettext_lazy("event type", "Bounce"),
    "Soft Bounce": pgettext_lazy("event type", "Soft Bounce"),
    "Abort": pgettext_lazy("event type", "Abort"),
    "Deferral": pgettext_lazy("event type", "Deferral"),
    "Retry": pgettext_lazy("event type", "Retry"),
    "iOS Foreground Push": pgettext_lazy("event type", "iOS Foreground Push"),
    "Impression": pgettext_lazy("event type", "Impression"),
    "Card Click": pgettext_lazy("event type", "Card Click"),
    "Card Impression": pgettext_lazy("event type", "Card Impression"),
    "Card Abort": pgettext_lazy("event type", "Card Abort"),
    "Failure": pgettext_lazy("event type", "Failure"),
    "Uninstall": pgettext_lazy("event type", "Uninstall"),
    "Dismiss": pgettext_lazy("event type", "Dismiss"),
    "Carrier Send": pgettext_lazy("event type", "Carrier Send"),
    "Delivery Failure": pgettext_lazy("event type", "Delivery Failure"),
    "Rejection": pgettext_lazy("event type", "Rejection"),
    "Inbound Receive": pgettext_lazy("event type", "Inbound Receive"),
    "Short Link Click": pgettext_lazy("event type", "Short Link Click"),
    "Subscription Group State Change": pgettext_lazy(
        "event type", "Subscription Group State Change"
    ),
    "Outcome": pgettext_lazy("event type", "Outcome"),
    "Read": pgettext_lazy("event type", "Read"),
    "Agent Executed": pgettext_lazy("event type", "Agent Executed"),
    "Tool Invocation": pgettext_lazy("event type", "Tool Invocation"),
    "Custom Event": pgettext_lazy("event type", "Custom Event"),
    "Purchase": pgettext_lazy("event type", "Purchase"),
    "First Session": pgettext_lazy("event type", "First Session"),
    "Session Start": pgettext_lazy("event type", "Session Start"),
    "Session End": pgettext_lazy("event type", "Session End"),
    "Location": pgettext_lazy("event type", "Location"),
    "Install Attribution": pgettext_lazy("event type", "Install Attribution"),
    "Global Subscription State Change": pgettext_lazy(
        "event type", "Global Subscription State Change"
    ),
    "Token State Change": pgettext_lazy("event type", "Token State Change"),
    "Push To Start Token Change": pgettext_lazy("event type", "Push To Start Token Change"),
    "Update Token Change": pgettext_lazy("event type", "Update Token Change"),
}


# Of the groups behind the fold, in a word or two.
SHORT: dict[str, Promise] = {
    "Banner Events": pgettext_lazy("event group", "Banner"),
    "Feature Flag Events": pgettext_lazy("event group", "Feature Flag"),
    "LINE Events": pgettext_lazy("event group", "LINE"),
    "Live Activity Events": pgettext_lazy("event group", "Live Activity"),
    "RCS Events": pgettext_lazy("event group", "RCS"),
    "WhatsApp Events": pgettext_lazy("event group", "WhatsApp"),
    "Agent Console Events": pgettext_lazy("event group", "Agent Console"),
    "Subscription Events": pgettext_lazy("event group", "Subscription"),
    "Push Notification Token Events": pgettext_lazy("event group", "Push Notification Token"),
}
EXAMPLES = 4


def short_label(name: str) -> str:
    return str(SHORT[name])


def group_label(name: str) -> str:
    return str(GROUPS[name])


def label(kind: EventType) -> str:
    return str(LABELS[kind.label])


def full_label(kind: EventType) -> str:
    """`Email Events · Open`: enough where the group does not stand above it."""
    return f"{group_label(kind.group)} · {label(kind)}"
