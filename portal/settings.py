"""All settings of Onelight, read from the environment. See the table in README.md.

Nothing is started and nothing is connected to on import: the photo commands run without a database.
"""

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from generation.imaging import threads
from portal.lib import embedded, storage
from portal.lib.env import choice, flag, folder, secret_key, text, whole, words
from portal.lib.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# Here, since whatever starts a process of Onelight reads its settings before it loads numpy.
threads.calm_matrices()

# --- the machine -------------------------------------------------------------------------------
VAR_DIR = folder("VAR_DIR", BASE_DIR / "var")
DEBUG = flag("DEBUG", False)
SECRET_KEY = secret_key(VAR_DIR)
PORT = whole("PORT", 8000)
# The web server's address; 0.0.0.0 lets other machines in without a proxy.
LISTEN = text("LISTEN", "127.0.0.1")
WEB_WORKERS = whole("WEB_WORKERS", 2)
# Worker processes of `make run`, two at least; each holds the models (up to 1 GB).
WORKERS = whole("WORKERS", max(2, min(4, (os.cpu_count() or 2) // 2)))
# Graphics cards that `make run` starts a worker for: auto, none, or their numbers (0,1).
GPUS = text("GPUS", "auto").strip().lower()
# Without a card, generated pictures are made on the processor: the same code, slowly.
GENERATE_ON_CPU = flag("GENERATE_ON_CPU", True)
BASE_URL = text("BASE_URL", f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
_secure = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- PostgreSQL and Redis ----------------------------------------------------------------------
DATABASE_URL = text("DATABASE_URL")
DATABASE_OWNER_URL = text("DATABASE_OWNER_URL")
REDIS_URL = text("REDIS_URL") or embedded.redis_url(VAR_DIR)
EMBEDDED_POSTGRES = not DATABASE_URL
EMBEDDED_REDIS = not text("REDIS_URL")
if DATABASE_URL and not DATABASE_OWNER_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL is set but DATABASE_OWNER_URL is not: migrations need the role that owns the tables, "
        "and the web and workers another one that does not (row-level security)."
    )
DATABASES = {
    # The role of web and workers: owns nothing, row-level security applies to it.
    "default": environ.Env.db_url_config(DATABASE_URL or embedded.database_url(VAR_DIR, "app")),
    # The role of `migrate`.
    "owner": environ.Env.db_url_config(DATABASE_OWNER_URL or embedded.database_url(VAR_DIR, "owner")),
}
for _database in DATABASES.values():
    _database["CONN_MAX_AGE"] = 0
    _database.setdefault("OPTIONS", {})["connect_timeout"] = 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- queues ------------------------------------------------------------------------------------
QUEUES = ("intake", "studio", "gpu", "exports", "mail")
# Longest a single job may run before RQ stops it; the reaper then tries it again.
JOB_TIMEOUT_S = whole("JOB_TIMEOUT_S", 900)
RQ_QUEUES = {name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": JOB_TIMEOUT_S} for name in QUEUES}
# Diffusion without a graphics card takes as long as it takes; a step that hangs is ended by the watchdog.
RQ_QUEUES["gpu"]["DEFAULT_TIMEOUT"] = 7 * 24 * 3600
# A single step of a shoot (one denoising step, one stage) may last this long; then its worker is ended and
# the shoot tried again. 0: as long as usual for what the worker computes on.
STEP_TIMEOUT_S = whole("STEP_TIMEOUT_S", 0)
RQ = {"RESULT_TTL": 3600, "FAILURE_TTL": 7 * 24 * 3600}
RQ_SHOW_ADMIN_LINK = False
# A running row whose heartbeat is older than this was left by a dead worker.
HEARTBEAT_TIMEOUT_S = whole("HEARTBEAT_TIMEOUT_S", 60)

# --- files -------------------------------------------------------------------------------------
STORAGE_URL = text("STORAGE_URL")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "files" / "other"), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    **storage.backends(STORAGE_URL, VAR_DIR),
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Photos arrive one per request; larger bodies than this are refused by the form with a sentence.
MAX_UPLOAD_BYTES = whole("MAX_UPLOAD_MB", 60) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- models ------------------------------------------------------------------------------------
# Weights that the operator installs: manage.py models.
MODELS_DIR = folder("MODELS_DIR", VAR_DIR / "models")
# The operator's word that they hold a licence for models whose own forbids commercial use.
MODELS_ALLOW_NONCOMMERCIAL = flag("MODELS_ALLOW_NONCOMMERCIAL", False)
# Never download a model.
MODELS_OFFLINE = flag("MODELS_OFFLINE", False)
# Encoders that judge likeness, by their names in the model table.
IDENTITY_ENCODERS = words("IDENTITY_ENCODERS", ["dlib-resnet-v1"])

# Models that cut people out and that enlarge small photos, by name; empty: what Onelight carries.
MATTE_MODEL = text("MATTE_MODEL")
UPSCALE_MODEL = text("UPSCALE_MODEL")

# --- drawing -----------------------------------------------------------------------------------
# How the engines that generate use the device; see generation/imaging/engines/runtime.py, docs/models.md.
# Where weights live: by measured free memory, all on the card, one component or one layer at a time.
GPU_OFFLOAD = choice("GPU_OFFLOAD", "auto", "full", "model", "group", "sequential")
# Numbers to compute in: the best that the card has.
GPU_DTYPE = choice("GPU_DTYPE", "auto", "bfloat16", "float16", "float32")
# Who computes attention: a name of diffusers' dispatcher (native, flash, sage, xformers, ...).
GPU_ATTENTION = text("GPU_ATTENTION", "native").strip()
# Compile repeated blocks: a minute or more at each start, then faster steps.
GPU_COMPILE = flag("GPU_COMPILE", False)
# Reuse what hardly changes between two steps: faster, but the same seed gives a slightly other picture.
GPU_CACHE = choice("GPU_CACHE", "off", "first_block")
# Keep the channels of convolutions side by side in memory.
GPU_CHANNELS_LAST = flag("GPU_CHANNELS_LAST", True)
# Pictures drawn at a time to begin with, of one person or of several of one style; memory decides downwards.
GPU_BATCH = whole("GPU_BATCH", 8)
if GPU_BATCH < 1:
    raise ImproperlyConfigured("The setting GPU_BATCH must be 1 or more.")

# --- mail --------------------------------------------------------------------------------------
# smtp://user:password@host:587/?tls=True ; without it mails are written under var/mail.
EMAIL_URL = text("EMAIL_URL")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = text("MAIL_FROM", "Onelight <onelight@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Django ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_rq",
    "template_partials",
    "lucide",
    "portal",
    "teams",
    "branding",
    "generation",
]
MIDDLEWARE = [
    "portal.lib.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "teams.middleware.TenancyMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = True
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
                "portal.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- accounts ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "teams.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "teams.forms_account.SignInForm",
    "reset_password": "teams.forms_account.ForgottenPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Members are invited by their company, whose owner vouches for the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Onelight"
# Allauth would refuse a second factor while the address is unverified; here the owner vouches for it.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# --- language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = text("TIME_ZONE", "UTC")

# --- security ----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # blob: shows a chosen photo before it has been uploaded.
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _secure else 0
X_FRAME_OPTIONS = "DENY"
if flag("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- logs --------------------------------------------------------------------------------------
LOG_LEVEL = text("LOG_LEVEL", "INFO")
LOG_FORMAT = text("LOG_FORMAT", "console")
LOGGING = logging_config(LOG_LEVEL, LOG_FORMAT)

# What a monitor must send to read /metrics (Authorization: Bearer …); without it there is no such page.
METRICS_TOKEN = text("METRICS_TOKEN")

# --- the product -------------------------------------------------------------------------------
# Days an invite's personal link works.
INVITE_DAYS = whole("INVITE_DAYS", 30)
# Days an export archive can be downloaded.
EXPORT_DAYS = whole("EXPORT_DAYS", 14)
# Candidates per shoot and their size.
SHOOT_CANDIDATES = whole("SHOOT_CANDIDATES", 4)
SHOOT_SIZE = (1638, 2048)
# Attempts at a shoot or export before an engine error becomes final.
MAX_ATTEMPTS = whole("MAX_ATTEMPTS", 4)
