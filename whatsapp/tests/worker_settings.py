"""Settings of the workers that the tests start: those of the tests, and some jobs more."""

from atendo.tests.settings import *  # noqa: F403

PROCRASTINATE_IMPORT_PATHS = ["whatsapp.tests.worker_jobs"]
