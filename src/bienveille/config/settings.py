"""Settings of every process. What changes from one machine to another comes from the environment (docs/runbook.md)."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.csp import CSP

from bienveille.config.channels import channels, fields, listener
from bienveille.config.proconnect import proconnect
from bienveille.ground.platform.limits import Limit
from bienveille.ground.platform.postgres import database_settings
from bienveille.ground.platform.sealed_text import new_key

BASE_DIR = Path(__file__).resolve().parents[3]
VAR_DIR = Path(os.environ.get("BIENVEILLE_VAR", BASE_DIR / "var"))


def _own(name: str, new: Callable[[], str]) -> str:
    """A secret of this installation: made once and kept readable by us alone."""
    path = VAR_DIR / name
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(new())
        try:
            os.link(temporary, path)  # two processes starting together keep one key
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text()


SECRET_KEY = os.environ.get("SECRET_KEY") or _own("secret_key", lambda: secrets.token_urlsafe(64))
DEBUG = False
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")  # e.g. https://bienveille.mon-bailleur.fr; empty on one's own machine
#: Where « Quitter vite » leads: a page of every day, that says nothing of the one that was left.
QUICK_EXIT_URL = os.environ.get("QUICK_EXIT_URL", "https://meteofrance.com/")
SECURE = PUBLIC_URL.startswith("https://")
# What closes the words that people write about people: the key that seals, then older ones (docs/runbook.md). Made here
# on one's own machine; a site with TLS must be given it: one that stands beside the database protects nothing.
NOTES_KEY = os.environ.get("NOTES_KEY") or ("" if SECURE else _own("notes_key", new_key))
ALLOWED_HOSTS = [PUBLIC_URL.split("/")[2].split(":")[0]] if PUBLIC_URL else ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
    "procrastinate.contrib.django",
    "bienveille.ground.platform",
    "bienveille.ground.ui",
    "bienveille.register.accounts",
    "bienveille.register.wording",
    "bienveille.register.housing",
    "bienveille.register.tenants",
    "bienveille.register.partners",
    "bienveille.register.imports",
    "bienveille.engines.audiences",
    "bienveille.engines.questionnaires",
    "bienveille.engines.messaging",
    "bienveille.engines.dispatch",
    "bienveille.engines.cases",
    "bienveille.services.outreach",
    "bienveille.services.letting",
    "bienveille.services.neighbourhood",
    "bienveille.faces.workspace",
    "bienveille.faces.portal",
    "bienveille.faces.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",  # before files: an image opened alone has it too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bienveille.register.accounts.middleware.private_pages",
]

ROOT_URLCONF = "bienveille.config.urls"
WSGI_APPLICATION = "bienveille.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bienveille.config.navigation.navigation",
            ],
        },
    },
]

DATABASES = {"default": database_settings(VAR_DIR, os.environ)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# How a related row that a query forgot is fetched: with those of its peers, never one by one.
FETCH_MODE = models.FETCH_PEERS
# What audiences may ask: assembled above them, because they know nothing of calls nor of anything above.
AUDIENCE_CRITERIA = "bienveille.config.criteria.CRITERIA"
AUDIENCE_PURPOSES = "bienveille.config.criteria.PURPOSES"
# What the worker does by itself; reading the table registers it.
SCHEDULE = "bienveille.config.schedule.SCHEDULE"
# What a copy put back is told again, and the file that holds it: best on a machine that does not burn with this one.
REPLAYED = "bienveille.config.replay.REPLAYED"
REPLAY_LOG = os.environ.get("REPLAY_LOG", str(VAR_DIR / "replay" / "notes.log"))
ERASING = "bienveille.config.erasure.ERASING"
PURGES = "bienveille.config.schedule.PURGES"  # what `purge` does at once, and `restore` once a copy is back

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "platform_cache"}}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["bienveille.register.accounts.adapters.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workspace:home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "bienveille.register.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # whoever asks for a link learns nothing, and strangers get no mail
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
PASSWORD_RESET_TIMEOUT = 4 * 3600
# Failures for one account are counted by adapters.py, whatever the address they come from; these are those of one
# address. Successes are not counted: on Monday at nine, three hundred callers sign in behind one address.
# Behind how many proxies we are: the address of who asks is what the last of them saw, never what the browser says.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXIES", "1" if SECURE else "0"))
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "60/m/ip", "reset_password": "20/m/ip,5/m/key"}
# Everybody who signs in shows more than a password (docs/security.md). The demo alone does without, and says so.
SECOND_FACTOR_REQUIRED = os.environ.get("SECOND_FACTOR", "required") != "optional"
# Signing in by ProConnect: nothing unless its address, client and secret are given (docs/runbook.md).
PROCONNECT: dict[str, Any] = proconnect(os.environ, secure=SECURE)
# Seconds for which a proof stands, before giving or taking power asks for another.
PROOF_LASTS = 15 * 60
ROWS_WITHOUT_PROOF = 500  # a file with more rows asks for one
# A browser that already came in is counted apart: a stranger's guesses shut nobody out.
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
DEVICE_COOKIE_AGE = 180 * 24 * 3600

# Sessions: half an hour without a click (security.md G12); a caller on the phone keeps what was typed.
SESSION_ENGINE = "bienveille.register.accounts.adapters"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "bienveille.ground.ui.cookies.Messages"

# Browser
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
# Names under ours, when ours is one among the landlord's: nothing is promised about their other sites.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE and ALLOWED_HOSTS[0].count(".") > 1
SECURE_SSL_REDIRECT = False  # the proxy in front does it
# What `check --deploy` would have: the redirection above, and promises about other names of the landlord.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# Language
LANGUAGE_CODE = "fr"
TIME_ZONE = os.environ.get("TIME_ZONE", "Europe/Paris")
USE_TZ = True

# Static files: served from the packages themselves, so nothing has to be collected on the user's machine.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no page of elsewhere reads anything of ours, not even what is public

# Files that people drop, until they are imported: never served, readable by us alone. Elsewhere: STORAGES.
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "bienveille.ground.platform.storage.WholeFiles"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# Where the landlord's software leaves its exports by itself; without it, nobody looks (docs/runbook.md).
IMPORT_DROPS = os.environ.get("BIENVEILLE_DROPS", "")

# E-mail. Never set ADMINS: Django would then send whole forms, notes included, by e-mail.
# Without a mail server, messages are left as files in var/mail.
MAILERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": os.environ["EMAIL_HOST"],
            "port": int(os.environ.get("EMAIL_PORT", "25")),
            "username": os.environ.get("EMAIL_HOST_USER", ""),
            "password": os.environ.get("EMAIL_HOST_PASSWORD", ""),
            "use_tls": os.environ.get("EMAIL_USE_TLS", "") == "1",
            "timeout": 10,
        },
    }
    if os.environ.get("EMAIL_HOST")
    else {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": VAR_DIR / "mail"},
    }
}
# Ways out of the messages written to tenants: by channel, the class that sends and its options (docs/runbook.md).
# Where the seals of the audit log are published: best on a machine that who administers the database does not.
AUDIT_HEADS = os.environ.get("AUDIT_HEADS", str(VAR_DIR / "audit" / "heads.txt"))
AUDIT_HEAD_TO = os.environ.get("AUDIT_HEAD_TO", "")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "bienveille@localhost")
CHANNELS: dict[str, dict[str, Any]] = channels(os.environ, VAR_DIR, DEFAULT_FROM_EMAIL)
SMPP_LISTENER: dict[str, Any] = listener(os.environ)
MESSAGES_FIELDS: dict[str, str] = fields(os.environ)
MESSAGES_SECRET = os.environ.get("MESSAGES_SECRET", "")  # signs what providers bring; empty, nothing is taken

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # One JSON object a line; no row of ours in a trace, no number, no address.
        "facts": {"()": "bienveille.ground.platform.failures.FactsFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "facts"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# What a monitor shows to read figures (docs/runbook.md); without it, there are none to read.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# API: how often a token may ask, and how often an address may come without a good token (docs/runbook.md). A program
# that asks for the next call as fast as it can never meets the first; nil a minute lifts a limit.
API_LIMITS = {
    "token": Limit(per_minute=int(os.environ.get("API_REQUESTS_PER_MINUTE", "12000")), burst=6_000),
    "refused": Limit(per_minute=int(os.environ.get("API_REFUSALS_PER_MINUTE", "300")), burst=300),
}
