"""How large a campaign or a Canvas may be: each limit with its unit and the reason for it."""

from __future__ import annotations

# Segments chosen whole. Own choice: as many rows as a person can still read above the filters.
MAX_SEGMENTS = 20

# Steps of a Canvas. Braze's own limit for a Canvas.
MAX_STEPS = 200

# Variants of a Canvas beside its control group. Braze's own limit.
MAX_VARIANTS = 8

# Percent. The shares of the variants and of the control group add up to it.
WHOLE = 100

# Characters, as the columns hold them.
MAX_NAME = 255
MAX_DESCRIPTION = 2_000
MAX_TAG = 60

# Tags of one campaign or Canvas. Own choice: they stand in one line of the list.
MAX_TAGS = 20

# Campaigns or Canvases on one page of the list: their rows are most of what a page costs
# (docs/performance.md, "Pages").
LIST_PAGE = 25

# On one page of /campaigns/list and /canvas/list (wire/braze-users-track.md, "Reading").
BRAZE_LIST_PAGE = 100
