"""The product's settings, middleware included, with the twin's app and addresses."""

from braze_partners.settings import *  # noqa: F403
from braze_partners.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.twin"]
ROOT_URLCONF = "benchmarks.twin.urls"
