"""Sign-in by ProConnect, from the environment: off unless its address, its client and its secret are all there."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from bienveille.ground.lib.openid import may_be_asked

_NEEDED = ("PROCONNECT_ISSUER", "PROCONNECT_CLIENT_ID", "PROCONNECT_CLIENT_SECRET")


def proconnect(environ: Mapping[str, str], *, secure: bool) -> dict[str, Any]:
    """What signing in by ProConnect needs (docs/runbook.md); nothing at all when it is off.

    `secure`: people come by TLS, and so must we go there.
    """
    given = [name for name in _NEEDED if environ.get(name)]
    if not given:
        return {}
    if missing := sorted(set(_NEEDED) - set(given)):
        raise ImproperlyConfigured(f"ProConnect\u00a0: il manque {', '.join(missing)} (docs/runbook.md).")
    issuer = environ["PROCONNECT_ISSUER"]
    if not may_be_asked(issuer, issuer) or (secure and not issuer.startswith("https://")):
        raise ImproperlyConfigured("PROCONNECT_ISSUER\u00a0: une adresse qui commence par https:// (docs/runbook.md).")
    return {
        "issuer": issuer,
        "client_id": environ["PROCONNECT_CLIENT_ID"],
        "client_secret": environ["PROCONNECT_CLIENT_SECRET"],
        "acr": environ.get("PROCONNECT_ACR", "").split(),
        "second_factor": environ.get("PROCONNECT_SECOND_FACTOR", "").split(),
        "sirets": environ.get("PROCONNECT_SIRETS", "").split(),
        "vouches_for_emails": environ.get("PROCONNECT_EMAILS", "") == "vouched",
        "prompt": environ.get("PROCONNECT_PROMPT", ""),
    }
