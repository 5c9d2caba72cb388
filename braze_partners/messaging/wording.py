"""An audience said in words, in the reader's language: the segments' names, then the filters.

Knows targets and the names that were looked up for them; knows neither HTML nor sizes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from braze_partners.messaging.drafts import Target
from cohorts.segments import wording
from cohorts.segments.planning import Known

# Segments named before "and 2 more" in a list.
SEGMENTS_TOLD = 3


def say_briefly(target: Target, known: Known) -> str:
    """“Lapsed buyers and Opted in to marketing; Amplitude Cohorts includes Shoppers”."""
    names = [
        known.segments[each].name if each in known.segments else str(each)
        for each in target.segments
    ]
    if len(names) > SEGMENTS_TOLD:
        more = len(names) - SEGMENTS_TOLD
        words = {"filters": ", ".join(names[:SEGMENTS_TOLD]), "count": more}
        said = _("%(filters)s, and %(count)s more") % words
    else:
        said = f" {_('and')} ".join(names)
    if names and not (target.filters.all or target.filters.exclude):
        return said
    filters = wording.say_briefly(target.filters, known)
    return "; ".join(each for each in (said, filters) if each)
