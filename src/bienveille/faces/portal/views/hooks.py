"""What providers bring by themselves: receipts, answers by SMS, e-mails. Signed, and taken as often as it is brought.

`X-Bienveille-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of « SECONDS.BODY »; or `Authorization: Bearer SECRET` for who
cannot sign. Nothing is answered about anybody.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable
from functools import wraps
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.operations.inbox import receive, receive_mail
from bienveille.engines.messaging.operations.receipts import take_receipt
from bienveille.engines.messaging.rules.receipts import Fate, Receipt, sms_fate
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.operations import acting_through

_SIGNED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
#: A signature older than this is not taken any more.
FRESH = 300
#: With its attachments, which are not kept.
LARGEST = 26_000_000
MOST = 500


def signed(view: Callable[[HttpRequest, bytes], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Only what this installation's secret signs; without a secret, nothing."""

    @csrf_exempt
    @login_not_required
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        body = request.read(LARGEST + 1)
        if len(body) > LARGEST:
            return JsonResponse({"error": "too large"}, status=413)
        if not settings.MESSAGES_SECRET or not _is_ours(request, body):
            return JsonResponse({"error": "signature"}, status=403)
        with acting_through(AuditChannel.API):
            return view(request, body)

    return guarded


@signed
def receipts(request: HttpRequest, body: bytes) -> HttpResponse:
    """What became of messages: one object or a list of `{id | key, channel, status, error}`."""
    documents = _documents(body)
    if documents is None:
        return JsonResponse({"error": "json"}, status=422)
    now, taken = timezone.now(), 0
    for document in documents:
        channel = str(document.get("channel", Channel.SMS))
        receipt = _receipt(document)
        if receipt is not None and channel in (Channel.SMS, Channel.EMAIL):
            taken += take_receipt(channel=channel, receipt=receipt, now=now)
    return JsonResponse({"known": taken})


@signed
def replies(request: HttpRequest, body: bytes) -> HttpResponse:
    """What people answered by SMS: one object or a list of `{id, from, to, text}`."""
    documents = _documents(body)
    if documents is None or not all(_said(one, "from") for one in documents):
        return JsonResponse({"error": "json"}, status=422)
    for document in documents:
        reply = Reply(
            channel=Channel.SMS,
            sender=_said(document, "from"),
            to=_said(document, "to"),
            text=_said(document, "text"),
            name=_said(document, "id"),
        )
        receive(reply=reply, now=timezone.now())
    return JsonResponse({"taken": len(documents)})


@signed
def mail(request: HttpRequest, body: bytes) -> HttpResponse:
    """An e-mail as it came (RFC 5322), piped by the mail server: an answer, a bounce, a complaint."""
    receive_mail(raw=body, now=timezone.now())
    return JsonResponse({"taken": 1})


def _is_ours(request: HttpRequest, body: bytes) -> bool:
    secret = settings.MESSAGES_SECRET.encode()
    said = request.headers.get("X-Bienveille-Signature", "")
    if said:
        found = _SIGNED.fullmatch(said)
        if found is None or abs(timezone.now().timestamp() - int(found[1])) > FRESH:
            return False
        expected = hmac.new(secret, found[1].encode() + b"." + body, sha256).hexdigest()
        return hmac.compare_digest(found[2], expected)
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(bearer.encode("utf-8", "replace"), secret)


def _documents(body: bytes) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    documents: Iterable[Any] = found if isinstance(found, list) else [found]
    kept = [one for one in documents if isinstance(one, dict)]
    return kept if kept and len(kept) <= MOST and (not isinstance(found, list) or len(kept) == len(found)) else None


def _receipt(document: dict[str, Any]) -> Receipt | None:
    """With the names that the provider gives to its fields (setting MESSAGES_FIELDS)."""
    status, error = _said(document, "status"), _said(document, "error")
    fate = Fate(status) if status in set(Fate) else sms_fate(status, error)
    if fate is None:
        return None
    key = _said(document, "key")
    try:
        known = UUID(key) if key else None
    except ValueError:
        known = None
    return Receipt(fate, known, _said(document, "id")[:120], f"{status} {error}".strip()[:200])


def _said(document: dict[str, Any], name: str) -> str:
    value = document.get(settings.MESSAGES_FIELDS.get(name, name), "")
    return str(value).replace("\0", "") if isinstance(value, str | int) and not isinstance(value, bool) else ""
