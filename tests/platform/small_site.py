"""Production's settings with the two addresses of small_urls.py: for the tests of what runs a site."""

from bienveille.config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.platform.small_urls"
