"""The WSGI door of the sandbox; the scheduler is started by the server, not here."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "braze_partners.sandbox.settings"

application = get_wsgi_application()
