"""Settings.  Every variable that they read stands in docs/configuration.md; a test compares."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from atendo import embedded_postgres
from atendo.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)

# Identity and addresses ------------------------------------------------------------------------

SECRET_KEY = env.secret(
    "SECRET_KEY", development="for development only, never in production", at_least=50
)
SITE_URL = env.address("SITE_URL", development="http://127.0.0.1:8000", secure=True)
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname])
if DEBUG:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "testserver"]
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

# Evolution API ---------------------------------------------------------------------------------

EVOLUTION_API_URL = env.address("EVOLUTION_API_URL", development="http://127.0.0.1:8800")
EVOLUTION_API_KEY = env.required("EVOLUTION_API_KEY", development="simulator-key")
# The address at which Evolution API reaches us, when it is another than SITE_URL.
WEBHOOK_BASE_URL = env.address("WEBHOOK_BASE_URL", default=SITE_URL)
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", default=4 * 1024 * 1024)
EVOLUTION_READ_TIMEOUT = env.float("EVOLUTION_READ_TIMEOUT", default=75.0)
EVOLUTION_SIMULATOR_ALLOWED = DEBUG

# Database --------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASE_IS_EMBEDDED = not DATABASE_URL
if DATABASE_IS_EMBEDDED and not DEBUG:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set: the embedded PostgreSQL serves development and tests only."
    )
if DATABASE_IS_EMBEDDED:
    _database = dict(embedded_postgres.start(embedded_postgres.default_home(BASE_DIR)).django())
else:
    _database = env.postgresql("DATABASE_URL")
DATABASES = {
    "default": _database
    | {
        "ENGINE": "tenants.postgresql",
        "NAME": env.str("DATABASE_NAME", default=_database["NAME"]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every statement runs as one of these; they own nothing.  Roles belong to the whole server.
APP_ROLE = env.str("APP_ROLE", default=f"{DATABASES['default']['NAME']}_app")
STAFF_ROLE = env.str("STAFF_ROLE", default=f"{DATABASES['default']['NAME']}_staff")

# Application -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "tenants",  # before Django's own, whose commands it wraps
    "scheduling",
    "whatsapp",
    "atendo",
    "tenants.admin_config.StaffAdminConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
]

MIDDLEWARE = [
    "whatsapp.middleware.WebhookFirst",
    "atendo.health.HealthFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.ScopeMiddleware",
    "tenants.timezones.CompanyTimezone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "atendo.urls"
WSGI_APPLICATION = "atendo.wsgi.application"

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
                "atendo.menu.context",
                "tenants.context.companies",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# People and sessions ---------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "tenants:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "tenants:login"
SESSION_ENGINE = "tenants.sessions"
MESSAGE_STORAGE = "tenants.messages.CompanyMessages"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# E-mail ----------------------------------------------------------------------------------------

vars().update(env.mail("EMAIL_URL", development="consolemail://", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"Atendo <nao-responda@{_site.hostname}>"
)
PASSWORD_RESET_TIMEOUT = 3600

# Cache -----------------------------------------------------------------------------------------

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "tenants.cache.key",
    }
}

# Security --------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "atendo.errors.csrf_failure"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000, at_least=0)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "worker-src": ["'self'"],
    }
}

# Language and time -----------------------------------------------------------------------------

LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", _("Português"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Sao_Paulo"

# Files -----------------------------------------------------------------------------------------

FILE_UPLOAD_HANDLERS = [
    "tenants.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "tenants.storage.CompanyStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# REST API --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.authentication.TokenAuthentication",
        "tenants.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.permissions.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.parsers.ObjectParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "tenants.openapi.Schema",
    "EXCEPTION_HANDLER": "tenants.api_errors.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Atendo",
    "DESCRIPTION": _(
        "A agenda e o WhatsApp de uma empresa. Cada token e cada sessão age em uma só empresa:"
        " o que é de outra responde como o que nunca existiu. Um erro é um objeto com `detail`,"
        " uma frase em português."
    ),
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.openapi.complete",
    ],
}

# Jobs ------------------------------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=4)

# Logs ------------------------------------------------------------------------------------------

LOG_FORMAT = env.choice("LOG_FORMAT", default="text" if DEBUG else "json", among=("text", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGERS: dict[str, dict[str, object]] = {
    "atendo": {"level": LOG_LEVEL},
    # Django gives these handlers of their own, whose lines would not carry the company.
    "django": {"handlers": []},
    # Its lines carry the query, and in it whom somebody searched for.
    "django.server": {"handlers": [], "level": "CRITICAL"},
    # A failed job is logged by tenants.jobs, with its company.
    "procrastinate": {"level": "WARNING"},
    "procrastinate.worker": {"level": "CRITICAL"},
    "procrastinate.worker.worker": {"level": "WARNING"},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "atendo.logs.TextFormatter"},
        "json": {"()": "atendo.logs.JsonFormatter"},
    },
    "filters": {"scope": {"()": "atendo.logs.ScopeFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["scope"],
        }
    },
    # At DEBUG libraries write values: SQL, addresses.  That level is for our own code.
    "root": {"handlers": ["console"], "level": "INFO" if LOG_LEVEL == "DEBUG" else LOG_LEVEL},
    "loggers": LOGGERS,
}
