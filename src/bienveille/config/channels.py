"""Ways out of the messages written to tenants, from the environment: by channel, its class and its options."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOM = "bienveille.engines.messaging.channels"


def channels(environ: Mapping[str, str], var: Path, sender: str) -> dict[str, dict[str, Any]]:
    """E-mail by SMTP, SMS by HTTP or SMPP; files in `var/` for whatever has no provider (docs/runbook.md)."""
    return {"email": _email(environ, var, sender), "sms": _sms(environ, var)}


def listener(environ: Mapping[str, str]) -> dict[str, Any]:
    """Where receipts and answers of SMS are heard when they come by SMPP; nothing otherwise."""
    if not environ.get("SMPP_HOST"):
        return {}
    options = _smpp(environ)
    del options["sender"]
    return {**options, **_object("SMPP_LISTENER", environ.get("SMPP_LISTENER", ""))}


def fields(environ: Mapping[str, str]) -> dict[str, str]:
    """What the provider calls `id`, `key`, `status`, `error`, `from`, `to` and `text` in what it brings."""
    return {
        str(ours): str(theirs)
        for ours, theirs in _object("MESSAGES_FIELDS", environ.get("MESSAGES_FIELDS", "")).items()
    }


def _email(environ: Mapping[str, str], var: Path, sender: str) -> dict[str, Any]:
    if not environ.get("EMAIL_HOST"):
        return {"class": f"{_ROOM}.files.FileSender", "folder": var / "messages" / "email", "sender": sender}
    return {
        "class": f"{_ROOM}.smtp.SmtpSender",
        "host": environ["EMAIL_HOST"],
        "port": int(environ.get("EMAIL_PORT", "25")),
        "username": environ.get("EMAIL_HOST_USER", ""),
        "password": environ.get("EMAIL_HOST_PASSWORD", ""),
        "security": "starttls" if environ.get("EMAIL_USE_TLS") == "1" else environ.get("EMAIL_SECURITY", ""),
        "sender": sender,
        "reply_to": environ.get("EMAIL_REPLY_TO", ""),
        "bounces": environ.get("EMAIL_BOUNCES", ""),
    }


def _sms(environ: Mapping[str, str], var: Path) -> dict[str, Any]:
    if environ.get("SMPP_HOST"):
        return {
            "class": f"{_ROOM}.smpp.SmppSender",
            **_smpp(environ),
            **_object("SMS_OPTIONS", environ.get("SMS_OPTIONS", "")),
        }
    if environ.get("SMS_URL"):
        return {
            "class": f"{_ROOM}.sms_http.HttpSender",
            "url": environ["SMS_URL"],
            "token": environ.get("SMS_TOKEN", ""),
            "sender": environ.get("SMS_SENDER", ""),
            **_object("SMS_OPTIONS", environ.get("SMS_OPTIONS", "")),
        }
    return {"class": f"{_ROOM}.files.FileSender", "folder": var / "messages" / "sms"}


def _smpp(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "host": environ["SMPP_HOST"],
        "port": int(environ.get("SMPP_PORT", "2775")),
        "system_id": environ.get("SMPP_SYSTEM_ID", ""),
        "password": environ.get("SMPP_PASSWORD", ""),
        "tls": environ.get("SMPP_TLS", "") == "1",
        "sender": environ.get("SMS_SENDER", ""),
    }


def _object(name: str, written: str) -> dict[str, Any]:
    """What only this provider wants, as a JSON object: names of fields, size of the window…"""
    more = json.loads(written or "{}")
    if not isinstance(more, dict):
        raise ValueError(f"{name} is not a JSON object")
    return more
