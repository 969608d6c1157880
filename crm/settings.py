"""Django settings: one file, read from the environment; every setting is listed in `crm.environment.KNOWN`."""

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.http.request import split_domain_port
from django.utils.translation import gettext_lazy as _

from crm import keys
from crm.environment import Environment, is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = Environment(BASE_DIR / ".env")

# Where Candor is and keeps its data
PORT = ENVIRONMENT.number("PORT", 8000)
DATA_DIR = (BASE_DIR / ENVIRONMENT.text("DATA_DIR", "var")).resolve()
SITE_URL = ENVIRONMENT.url("SITE_URL", f"http://localhost:{PORT}")
TRACKING_URL = ENVIRONMENT.url("TRACKING_URL", SITE_URL)
TRACKING_HOSTS = ENVIRONMENT.urls_by_domain("TRACKING_HOSTS")  # by sending domain
DEMO = ENVIRONMENT.flag("CANDOR_DEMO")
DEMO_SMTP_PORT = ENVIRONMENT.number("CANDOR_DEMO_SMTP_PORT", PORT + 25)
DEMO_IMAP_PORT = ENVIRONMENT.number("CANDOR_DEMO_IMAP_PORT", PORT + 43)
TRUSTED_PROXIES = ENVIRONMENT.networks("TRUSTED_PROXIES")
OWN_NETWORKS = ENVIRONMENT.networks("OWN_NETWORKS")
DEBUG = ENVIRONMENT.flag("DEBUG")
IS_LOCAL = is_loopback(SITE_URL)
IS_HTTPS = SITE_URL.startswith("https:")

# Keys
KEYS = keys.load(ENVIRONMENT, data_dir=DATA_DIR, may_generate=IS_LOCAL)
SECRET_KEY = KEYS.secret_key
SECRET_KEY_FALLBACKS = KEYS.secret_key_fallbacks
TRACKING_KEYS = KEYS.tracking_keys
CREDENTIAL_KEYS = KEYS.credential_keys

# Applications
INSTALLED_APPS = [
    "crm.apps.CrmConfig",
    "crm.privacy",
    "crm.exchange",
    "mail",
    "tracking",
    "crm.consent",
    "crm.records",
    "notifications",
    "crm.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "lucide",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "tracking.middleware.HitsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm.middleware.CanonicalHostMiddleware",
    "csp.middleware.CSPMiddleware",
    "crm.middleware.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.accounts.middleware.SignInMiddleware",
    "crm.accounts.middleware.PreferencesMiddleware",
    "crm.accounts.middleware.SessionsMiddleware",
    "crm.accounts.middleware.SecondFactorMiddleware",
    "notifications.middleware.LiveCursorMiddleware",
    "tracking.middleware.PlacesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
ASGI_APPLICATION = "crm.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "crm.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# Database: SQLite in DATA_DIR, or PostgreSQL by DATABASE_URL
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "candor.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",  # a read that turns into a write would otherwise fail as locked
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
    },
}
DATABASES = {"default": {**ENVIRONMENT.database("DATABASE_URL", SQLITE), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache: files and memory of one process, or Redis by REDIS_URL
REDIS_URL = ENVIRONMENT.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
QUEUE_DIR = DATA_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "safefs://localhost"  # the host means nothing to a folder; kombu warns without one
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 2, "socket_timeout": 5, "max_retries": 1, "interval_start": 0}  # a person waits for a wake-up to end
    if REDIS_URL
    else {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "processed_folder": str(QUEUE_DIR / "processed"),
        "control_folder": str(QUEUE_DIR / "control"),
        "store_processed": True,
        "polling_interval": 0.1,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # a wake-up that cannot be sent is not worth waiting for: the sweep finds the row
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 4
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_DB_REUSE_MAX = 1000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send due mail": {"task": "mail.tasks.send_due", "schedule": 10.0, "options": {"expires": 30}},
    "sync mailboxes": {"task": "mail.tasks.sync_due", "schedule": 5.0, "options": {"expires": 10}},
    "look for returned mail": {"task": "mail.tasks.look_for_bounces", "schedule": 30.0, "options": {"expires": 60}},
    "suggest next steps": {"task": "mail.tasks.suggest_steps", "schedule": 60.0, "options": {"expires": 60}},
    "remove the mail of disconnected accounts": {"task": "mail.tasks.remove_leaving", "schedule": 60.0, "options": {"expires": 60}},
    "link mail to new contacts": {"task": "mail.tasks.link_contacts", "schedule": 300.0, "options": {"expires": 300}},
    "empty the trash": {"task": "mail.tasks.empty_trash", "schedule": crontab(hour="3", minute="41"), "options": {"expires": 3600}},
    "minimise addresses": {"task": "tracking.tasks.minimise_addresses", "schedule": 300.0, "options": {"expires": 300}},
    "record hits": {"task": "tracking.tasks.record_hits", "schedule": 10.0, "options": {"expires": 30}},
    "go on with bulk changes": {"task": "crm.records.tasks.go_on_with_bulk_changes", "schedule": 30.0, "options": {"expires": 30}},
    "note that the worker is alive": {"task": "crm.tasks.heartbeat", "schedule": 15.0, "options": {"expires": 30}},
    "drop old live events": {"task": "notifications.tasks.drop_old_events", "schedule": 600.0, "options": {"expires": 600}},
    "answer requests of recipients": {"task": "crm.privacy.tasks.send_due", "schedule": 10.0, "options": {"expires": 30}},
    "purge what was kept long enough": {
        "task": "crm.privacy.tasks.purge",
        "schedule": crontab(hour="3", minute="53"),
        "options": {"expires": 3600},
    },
    "remind of activities": {"task": "crm.records.tasks.remind", "schedule": 30.0, "options": {"expires": 60}},
    "go on with imports and exports": {"task": "crm.exchange.tasks.go_on", "schedule": 30.0, "options": {"expires": 60}},
    "purge files of imports and exports": {"task": "crm.exchange.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
    "tidy queue and sessions": {"task": "crm.tasks.tidy", "schedule": crontab(hour="3", minute="17"), "options": {"expires": 3600}},
}

# Users and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "crm.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a reset asked for a stranger's address sends nothing
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",  # an office shares one address
    "login_failed": "10/m/ip,5/5m/key",  # of wrong passwords: of one address, and for one account; of wrong codes likewise
}
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever's password or second factor is changed hears of it by mail
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "crm.accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "crm.accounts.second_factor.AuthenticateForm",
    "reauthenticate": "crm.accounts.second_factor.ReauthenticateForm",
}
MFA_TOTP_ISSUER = "Candor"
MFA_TOTP_TOLERANCE = 1  # steps of half a minute that a telephone's clock may be off
MFA_RECOVERY_CODES_SHOW_ONCE = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "candor_session"
CSRF_COOKIE_NAME = "candor_csrf"

# Security
SITE_HOST, *TRACKING_NAMES = (url.split("//", 1)[1] for url in (SITE_URL, TRACKING_URL, *TRACKING_HOSTS.values()))
# Hosts that answer pixels and links and nothing else; in the demo the tracking host shows the inboxes too
TRACKING_ONLY_HOSTS = frozenset() if DEMO else frozenset(TRACKING_NAMES) - {SITE_HOST}
ALLOWED_HOSTS = [split_domain_port(host)[0] for host in (SITE_HOST, *TRACKING_NAMES)] + (
    ["localhost", "127.0.0.1", "[::1]"] if IS_LOCAL else []
)
ALLOWED_HOSTS += [".localhost"] if DEMO else []  # the demo company's web site, where the links of its mails lead
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"  # the one exception, the body of a mail, says so itself
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # preloading bind other sites of the domain: the operator's decision, see docs/deployment.md
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": [UNSAFE_INLINE],  # what people write carries its own inline styles
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
OUTWARD_ONLY_PUBLIC = (
    True  # pictures of mails are fetched from public addresses and the usual ports alone; tests have their servers on loopback
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# Language and time
LANGUAGE_CODE = ENVIRONMENT.text("LANGUAGE_CODE", "en")
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["crm.formats"]
TIME_ZONE = "UTC"
DEFAULT_USER_TIME_ZONE = ENVIRONMENT.text("TIME_ZONE", "Europe/Berlin")
USE_TZ = True

# Files
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "crm.lib.npm.NpmFinder",
]
IS_BUILT = (STATIC_ROOT / "staticfiles.json").is_file()  # by `make setup`; without it files come from their sources
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not IS_BUILT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_BUILT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "files"
SPOOL_DIR = DATA_DIR / "spool"
FILE_UPLOAD_PERMISSIONS = 0o600
COPIES_LIMIT = ENVIRONMENT.number("COPIES_LIMIT", 20)  # recipients of a tracked mail who each get a copy of their own
TRASH_DAYS = ENVIRONMENT.number("TRASH_DAYS", 30)  # until deleted mail is deleted for good; 0: never by itself
UNDO_SECONDS = ENVIRONMENT.number("UNDO_SECONDS", 10)  # that a mail waits after Send, so that it can be taken back
MAX_MESSAGE_BYTES = 25 * 1024 * 1024  # of attachments in one mail; what large providers accept
MAX_FILE_BYTES = 25 * 1024 * 1024  # of one file kept with a record
MAX_RECEIVED_BYTES = 50 * 1024 * 1024  # of one mail that is imported; larger ones are named and left out
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# Users' mail accounts
ALLOW_PRIVATE_MAIL_HOSTS = ENVIRONMENT.hosts("ALLOW_PRIVATE_MAIL_HOSTS")
AUTOCONFIG_DATABASE = ENVIRONMENT.endpoint("AUTOCONFIG_DATABASE")
OAUTH: dict[str, dict[str, Any]] = {
    provider: {
        "client_id": ENVIRONMENT.text(f"{name}_OAUTH_CLIENT_ID"),
        "client_secret": ENVIRONMENT.text(f"{name}_OAUTH_CLIENT_SECRET"),
        "authorize_url": ENVIRONMENT.endpoint(f"{name}_OAUTH_AUTHORIZE_URL"),
        "token_url": ENVIRONMENT.endpoint(f"{name}_OAUTH_TOKEN_URL"),
        "scope": ENVIRONMENT.text(f"{name}_OAUTH_SCOPE"),
        "imap": ENVIRONMENT.server(f"{name}_IMAP_SERVER"),
        "smtp": ENVIRONMENT.server(f"{name}_SMTP_SERVER"),
    }
    for provider, name in (("google", "GOOGLE"), ("microsoft", "MICROSOFT"))
}
MICROSOFT_OAUTH_TENANT = ENVIRONMENT.text("MICROSOFT_OAUTH_TENANT", "common")

# Candor's own mail (password reset)
vars().update(ENVIRONMENT.email("EMAIL_URL", f"smtp://127.0.0.1:{DEMO_SMTP_PORT}" if DEMO else "consolemail://"))
EMAIL_TIMEOUT = 10  # seconds; somebody waits for the page
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.text("DEFAULT_FROM_EMAIL", f"Candor <candor@{ALLOWED_HOSTS[0]}>")

# Reports of errors (Django mails them, should ADMINS be set) tell where it happened and never what was in hand
DEFAULT_EXCEPTION_REPORTER = "crm.lib.reports.Report"
DEFAULT_EXCEPTION_REPORTER_FILTER = "crm.lib.reports.NoValues"

# Logs: one line an event, no tokens, no addresses
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "crm.lib.logs.Line", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"mask_tokens": {"()": "crm.lib.logs.MaskTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_tokens"]}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        "imapclient": {"level": "INFO"},  # these three would write down mail, addresses and tokens
        "urllib3": {"level": "INFO"},
        "authlib": {"level": "INFO"},
    },
}
