"""Settings, read from the environment.

With neither DATABASE_URL nor REDIS_URL set the product runs in embedded mode: its own PostgreSQL and Redis
under `.local/`, with the same roles and walls as in production. What is missing says how to mend it.
"""

import ipaddress
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from courier_crm import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

EMBEDDED = embedded.is_embedded()
ENDPOINTS = embedded.endpoints() if EMBEDDED else None

# --- Security -------------------------------------------------------------------------------------------------


def _secret(name: str, embedded_file: Path | None) -> str:
    """Return a secret from NAME, from the file NAME_FILE, or from the embedded mode's own file."""
    if value := env.str(name, default=""):
        return value
    file_name = env.str(f"{name}_FILE", default="")
    if not file_name:
        if embedded_file is None:
            raise ImproperlyConfigured(
                f"Set {name}, or {name}_FILE to a file that holds it; `openssl rand -base64 32` makes a new one."
            )
        return embedded.local_key(embedded_file)
    return _in_file(name, file_name)


def _optional_secret(name: str) -> str:
    file_name = env.str(f"{name}_FILE", default="")
    return _in_file(name, file_name) if file_name else env.str(name, default="")


def _in_file(name: str, file_name: str) -> str:
    try:
        return Path(file_name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: {file_name} cannot be read ({error}).") from None


DEBUG = env.bool("CRM_DEBUG", default=False)
SECRET_KEY = _secret("CRM_SECRET_KEY", ENDPOINTS.secret_key_file if ENDPOINTS else None)
# Who wraps the tenants' keys; see core/crypto/kms.py for what a key service must do.
KMS = env.str("CRM_KMS", default="core.crypto.kms.LocalMasterKey")
MASTER_KEY = (
    _secret("CRM_MASTER_KEY", ENDPOINTS.master_key_file if ENDPOINTS else None)
    if KMS == "core.crypto.kms.LocalMasterKey"
    else ""
)
# The master key before the present one, until manage.py rewrap_keys has run.
MASTER_KEY_PREVIOUS = _optional_secret("CRM_MASTER_KEY_PREVIOUS")
# What manage.py backup encrypts by, which asks for it; another key than the master key, kept elsewhere.
BACKUP_KEY = _optional_secret("CRM_BACKUP_KEY") or (embedded.local_key(ENDPOINTS.backup_key_file) if ENDPOINTS else "")
ALLOWED_HOSTS = env.list("CRM_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CRM_TRUSTED_ORIGINS", default=[])
# Where links lead in mail that no request has to do with.
ADDRESS = env.str("CRM_ADDRESS", default="").rstrip("/") or next(
    iter(CSRF_TRUSTED_ORIGINS), f"https://{next(iter(ALLOWED_HOSTS), 'localhost')}"
)


def _networks(name: str) -> list[str]:
    networks = env.list(name, default=[])
    for network in networks:
        try:
            if network != "unix":
                ipaddress.ip_network(network)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}; give networks such as 10.0.0.0/8, or unix.") from None
    return networks


# Whose X-Forwarded-For counts; nobody's unless told, since anybody can send it.
TRUSTED_PROXIES = _networks("CRM_TRUSTED_PROXIES")

# Plain http is for the embedded mode on this machine only; anything else stands behind TLS.
TLS = env.bool("CRM_TLS", default=not EMBEDDED)
SECURE_SSL_REDIRECT = TLS
# Who asks these stands behind no proxy.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
# Whoever shows it may read /metrics from elsewhere than this machine.
METRICS_TOKEN = _optional_secret("CRM_METRICS_TOKEN")
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
SECURE_HSTS_PRELOAD = TLS
if TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-crm_session" if TLS else "crm_session"
SESSION_COOKIE_SECURE = TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = env.int("CRM_SESSION_IDLE_MINUTES", default=30) * 60
CSRF_COOKIE_NAME = "__Host-crm_csrf" if TLS else "crm_csrf"
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failure"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = TLS

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Composition ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "courier_crm",
    "core.tenancy",
    "core.crypto",
    "core.audit",
    "core.events",
    "core.accounts",
    "core.jobs",
    "core.partners",
    "core.web",
    "core.console",
    "core.imports",
    "customers",
    "documents",
    "shipments",
    "behaviour",
    "service_requests",
    "service_plans",
    "development",
    "tiering",
    "portfolios",
    "lifecycle",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "core.web.metrics.MetricsMiddleware",
    "core.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.accounts.middleware.SessionTenantMiddleware",
    "core.partners.middleware.ApiKeyTenantMiddleware",
    "core.tenancy.middleware.TenantMiddleware",
    "core.web.middleware.LocaleMiddleware",
    "core.web.middleware.FaultsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "courier_crm.urls"
WSGI_APPLICATION = "courier_crm.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.web.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database -------------------------------------------------------------------------------------------------
# `default` connects as crm_app, under row-level security; `owner` as crm_owner, for `migrate` alone.


def _database(url: str) -> dict[str, object]:
    config = env.db_url_config(url)
    # A socket's folder is given as libpq has it (?host=/folder); only as HOST does it reach dbshell, too.
    if "host" in config.get("OPTIONS", {}):
        config["HOST"] = config["OPTIONS"].pop("host")
    return {
        **config,
        "ENGINE": "django.db.backends.postgresql",
        # A host that does not answer would hold a request for minutes.
        "OPTIONS": {"connect_timeout": 5, **config.get("OPTIONS", {})},
        "CONN_MAX_AGE": env.int("CRM_DATABASE_CONNECTION_SECONDS", default=300),
        "CONN_HEALTH_CHECKS": True,
        # A cursor WITH HOLD outlives the transaction that carries the tenant, and no pooler can serve it.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _database(ENDPOINTS.app_url if ENDPOINTS else _optional_secret("DATABASE_URL"))}
_owner_url = ENDPOINTS.owner_url if ENDPOINTS else _optional_secret("DATABASE_OWNER_URL")
if _owner_url:
    DATABASES["owner"] = _database(_owner_url)
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
DATABASE_ROUTERS = ["core.tenancy.routers.OwnerMigratesRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache and broker, never the truth -----------------------------------------------------------------

REDIS_URL = ENDPOINTS.redis_url if ENDPOINTS else env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "core.web.cache.FallbackRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "crm",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
    "database": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "KEY_PREFIX": "crm",
    },
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_DEFAULT_QUEUE = "default"
# Every task stands here with its queue; a guard test sees to it.
CELERY_TASK_ROUTES = {
    "core.audit.tasks.seal_events_task": {"queue": "default"},
    "core.events.tasks.sweep_events_task": {"queue": "default"},
    "core.events.tasks.deliver_events_task": {"queue": "default"},
    "core.jobs.tasks.sweep_due_work_task": {"queue": "default"},
    "core.jobs.tasks.perform_run_task": {"queue": "bulk"},
    "core.jobs.tasks.perform_job_task": {"queue": "bulk"},
    "core.web.tasks.sweep_notice_mail_task": {"queue": "default"},
    "core.web.tasks.send_notice_mail_task": {"queue": "messages"},
    "customers.tasks.match_customers_task": {"queue": "bulk"},
    "customers.tasks.judge_customers_task": {"queue": "bulk"},
    "customers.tasks.rank_tokens_task": {"queue": "bulk"},
    "customers.tasks.escalate_follow_ups_task": {"queue": "default"},
    "shipments.tasks.watch_shipments_task": {"queue": "default"},
    "service_requests.tasks.watch_requests_task": {"queue": "default"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_limit": None,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "queue_order_strategy": "priority",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- People ---------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["core.accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "core.accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "core.accounts.passwords.KnownPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "core.accounts.adapters.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# How long a password or a second step proves that it is still the same person: for keys, exports and reveals.
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("CRM_REAUTHENTICATION_MINUTES", default=15) * 60
MFA_ADAPTER = "core.accounts.adapters.SecondStepAdapter"
MFA_FORMS = {"add_webauthn": "core.accounts.forms.AddPasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Courier CRM"
# One step of 30 seconds either way, for telephones whose clock is off.
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS
DEVICE_COOKIE_NAME = "__Host-crm_device" if TLS else "crm_device"
DEVICE_COOKIE_AGE = 180 * 24 * 60 * 60

EMAIL_BACKEND = env.str("CRM_EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
if _email_url := _optional_secret("CRM_EMAIL_URL"):
    vars().update(env.email_url_config(_email_url))
elif EMBEDDED:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = ENDPOINTS.local_dir / "mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("CRM_FROM_EMAIL", default="Courier CRM <no-reply@localhost>")

# Where pages for people who do not sign in stand; each has the slug of its tenant in the address.
PUBLIC_PATHS = ("/track/", "/choices/", "/plans/", "/proposals/", "/join/")

# --- The partner API --------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.partners.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.partners.authentication.HoldsPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.partners.bodies.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": ["core.partners.filters.FilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.partners.paging.CursorPaging",
    "DEFAULT_SCHEMA_CLASS": "core.partners.schema.ResourceSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "core.partners.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Courier CRM",
    "VERSION": "1",
    "DESCRIPTION": "Customers, shipments and tiers of one courier, for its partners. Every answer is JSON in UTF-8;"
    " times are UTC; errors are problem documents (RFC 9457).",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "defaultModelsExpandDepth": 0},
    "ENUM_NAME_OVERRIDES": {
        "CustomerKind": "customers.enums.CustomerKind",
        "ContactPointKind": "customers.enums.ContactPointKind",
        "NeedKind": "customers.enums.NeedKind",
        "ScanKind": "shipments.enums.ScanKind",
        "Tier": "customers.enums.Tier",
        "ReasonEnum": "tiering.enums.MoveReason",
        "HandoverReason": "customers.enums.HandoverReason",
        "ReasonByHand": "customers.enums.HANDOVER_CHOICES",
        "Stage": "customers.enums.Stage",
        "LeadState": "lifecycle.enums.LeadState",
        "ShipmentException": "shipments.enums.ShipmentException",
        "ToldException": "shipments.enums.TOLD_EXCEPTIONS",
        "Lateness": "shipments.enums.Lateness",
        "InteractionKind": "customers.enums.InteractionKind",
        "StateEnum": "core.jobs.enums.BackgroundState",
        "StatusEnum": "shipments.enums.ShipmentStatus",
        "RequestKind": "service_requests.enums.RequestKind",
        "RequestState": "service_requests.enums.RequestState",
        "FollowUpKind": "customers.enums.FollowUpKind",
        "FollowUpState": "customers.enums.FollowUpState",
        "FollowUpOrigin": "customers.enums.FollowUpOrigin",
        "Recurrence": "customers.enums.Recurrence",
        "RowStatus": "core.partners.bulk.kinds.RowStatus",
        "SpokenKind": "customers.enums.SPOKEN_CHOICES",
        "BehaviourKind": "behaviour.enums.BehaviourKind",
        "BehaviourSource": "behaviour.enums.BehaviourSource",
        "PageSection": "behaviour.enums.PageSection",
        "DealStage": "development.enums.DealStage",
        "LostReason": "development.enums.LostReason",
        "PlanState": "service_plans.enums.PlanState",
        "ItemKind": "service_plans.enums.ItemKind",
        "PreferredChannelEnum": "customers.enums.Channel",
        "PurposeBasis": "customers.enums.PurposeBasis",
        "ConsentState": "customers.enums.ConsentState",
        "ConsentSource": "customers.enums.ConsentSource",
        "ToldConsentSource": "customers.enums.TOLD_SOURCES",
        "VerifiedHowEnum": "customers.enums.PointProof",
        "ToldProof": "customers.enums.TOLD_PROOFS",
        "ReasonsEnum": "customers.enums.ContactReason",
    },
}

# How long the files of exports and copies are kept.
JOB_FILE_DAYS = env.int("CRM_JOB_FILE_DAYS", default=7)

# Requests in a minute, of one key and of all keys of a tenant together.
API_REQUESTS_PER_KEY = env.int("CRM_API_REQUESTS_PER_KEY", default=600)
API_REQUESTS_PER_TENANT = env.int("CRM_API_REQUESTS_PER_TENANT", default=3000)

# Pieces of personal data that one person may reveal in an hour.
REVEALS_PER_HOUR = env.int("CRM_REVEALS_PER_HOUR", default=60)

# For how many days events are kept after all their receivers have had them.
EVENT_DAYS = env.int("CRM_EVENT_DAYS", default=30)

# --- Languages and time ---------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# --- Files ----------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = (ENDPOINTS.local_dir if ENDPOINTS else BASE_DIR) / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.web.finders.NodeModulesFinder",
    "core.web.icons.IconsFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.web.storage.StaticStorage"},
}
# Pages name files by their hash only.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- Logs: one JSON object a line, with request and tenant id, never personal data ------------------------------

_shared_processors = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("CRM_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        *_shared_processors,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
