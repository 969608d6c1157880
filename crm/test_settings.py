"""Settings of the test suite: a throw-away DATA_DIR, quick password hashing, static files from their sources."""

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith(("GOOGLE_", "MICROSOFT_", "AUTOCONFIG_", "ALLOW_PRIVATE_"))]:
    os.environ.pop(name)
for name in ("SITE_URL", "TRACKING_URL", "TRACKING_HOSTS", "CANDOR_DEMO", "TRUSTED_PROXIES", "OWN_NETWORKS", "DEBUG", "EMAIL_URL"):
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="candor-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["SITE_URL"] = "http://testserver"
os.environ["TRACKING_URL"] = "http://track.test"
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["TRACKING_KEYS"] = "only-for-tests-tracking"
os.environ["CREDENTIAL_KEYS"] = "b25seS1mb3ItdGVzdHMtY3JlZGVudGlhbC1rZXktMzI="

from crm.settings import *  # noqa: E402

IS_BUILT = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOW_PRIVATE_MAIL_HOSTS = ["127.0.0.0/8", "::1/128"]  # where the servers of the tests listen
UNDO_SECONDS = 0  # tests do not wait
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"  # wake-ups of one test must not reach another's queue
if IS_SQLITE:  # a file, as in life: threads of a test wait for one another instead of failing on a shared cache
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}
