"""E-mails as bytes, read again by Python's own parser: nothing typed adds a header, nothing is lost."""

from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bienveille.engines.messaging.rules.mime import (
    CannotAddress,
    Skeleton,
    bounce_address,
    encoded_body,
    encoded_subject,
    mail_address,
    stuffed,
)

KEY = UUID("0192f3a0-0000-7000-8000-000000000001")
SKELETON = Skeleton.make("Habitat des Étangs <contact@exemple.fr>", reply_to="ecrire@exemple.fr")
WANTED = {
    "from", "reply-to", "auto-submitted", "mime-version", "date", "message-id", "to", "subject", "content-language",
    "list-unsubscribe", "list-unsubscribe-post", "content-type",
}  # fmt: skip
#: The table of all characters is made at the first draw, which takes long on a busy machine.
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
anything = st.text(st.characters(codec="utf-8"), max_size=80)
nasty = st.lists(
    st.sampled_from(
        [
            "\r\n",
            "\n",
            "\r",
            "\0",
            "Bcc: x@exemple.fr",
            ".",
            "\r\n.\r\n",
            "=?utf-8?b?",
            "?=",
            "é",
            "\u2028",
            " ",
            "--=_bienveille",
            "😀",
            "ص",
        ]
    )
).map("".join)


def built(**changed):
    given_ = {
        "key": str(KEY), "to": "a@exemple.fr", "subject": "Bonjour", "text": "Bonjour", "html": "<p>Bonjour</p>",
        "language": "fr", "unsubscribe": "https://exemple.fr/stop/abc", "date": b"Sun, 22 Nov 2026 10:00:00 -0000",
    }  # fmt: skip
    return SKELETON.message(**{**given_, **changed})


def parsed(octets):
    message = message_from_bytes(octets, policy=default)
    assert not message.defects
    for part in message.walk():
        assert not part.defects
        for value in part.values():
            assert not value.defects
    return message


def plain(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


@calmly
@given(subject=anything | nasty, text=anything | nasty, html=anything | nasty)
def test_whatever_is_typed_the_parser_finds_what_was_meant_and_nothing_else(subject, text, html):
    octets = built(subject=subject, text=text, html=html and f"<p>{html}</p>")

    message = parsed(octets)

    expected = WANTED if html else WANTED | {"content-transfer-encoding"}
    assert {name.lower() for name in message} == expected
    assert len(list(message)) == len(expected)
    shown = message.get_body(("plain",))
    assert plain(shown.get_content()) == plain(text)
    if html:
        assert plain(message.get_body(("html",)).get_content()) == plain(f"<p>{html}</p>")
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@calmly
@given(subject=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), max_size=200))
def test_a_subject_arrives_as_it_was_typed(subject):
    assert parsed(built(subject=subject))["subject"] == subject


@calmly
@given(text=anything | nasty, html=anything | nasty, subject=anything | nasty)
def test_octets_that_any_server_carries(text, html, subject):
    octets = built(text=text, html=html, subject=subject)

    octets.decode("ascii")
    assert b"\0" not in octets
    assert octets.endswith(b"\r\n")
    lines = octets.split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert max(map(len, lines)) <= 998
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78


@calmly
@given(text=nasty)
def test_only_the_last_dot_ends_the_message(text):
    sent = stuffed(built(text=text, html=""))

    assert sent.count(b"\r\n.\r\n") == 1
    assert sent.endswith(b"\r\n.\r\n")
    assert sent[:-3].replace(b"\r\n..", b"\r\n.") == built(text=text, html="")


@calmly
@given(to=anything | nasty)
def test_an_address_that_could_cut_a_header_or_a_command_is_refused(to):
    try:
        assert mail_address(to) == to
    except CannotAddress:
        return
    assert to.isascii()
    assert not set(to) & set(' \r\n\t<>"\\\0')


@pytest.mark.parametrize(
    "to",
    [
        "a@exemple.fr\r\nBcc: b@exemple.fr",
        "a@exemple.fr>",
        "a b@exemple.fr",
        '"a b"@exemple.fr',
        "é@exemple.fr",
        "a",
        "",
    ],
)
def test_addresses_refused(to):
    with pytest.raises(CannotAddress):
        built(to=to)


def test_the_headers_of_a_message_that_can_be_left():
    message = parsed(built(language="fr\r\nX: y"))

    assert message["from"].addresses[0].display_name == "Habitat des Étangs"
    assert message["message-id"] == f"<{KEY}@exemple.fr>"
    assert message["list-unsubscribe"].strip() == "<https://exemple.fr/stop/abc>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "content-language" not in message


@pytest.mark.parametrize("address", ["", "https://exemple.fr/\r\nBcc: x", "javascript:x", "https://exemple.fr/>,<x"])
def test_an_address_that_is_not_one_says_nothing(address):
    assert "list-unsubscribe" not in parsed(built(unsubscribe=address))


def test_one_click_needs_https():
    message = parsed(built(unsubscribe="http://localhost:8000/stop/abc"))

    assert "list-unsubscribe" in message
    assert "list-unsubscribe-post" not in message


def test_a_long_subject_is_cut_between_signs():
    coded = encoded_subject("é" * 150)

    assert all(len(line) <= 76 for line in coded.split(b"\r\n"))
    assert coded.count(b"=?utf-8?b?") == 7


def test_a_text_in_another_alphabet_is_in_base64():
    assert encoded_body("مرحبا بكم في منزلكم الجديد. " * 10)[0] == b"base64"
    assert encoded_body("Coupure d’eau à l’été, « cœur d’îlot ».")[0] == b"quoted-printable"


def test_where_bounces_come_back():
    assert bounce_address("retours@exemple.fr", KEY.hex) == f"retours+{KEY.hex}@exemple.fr"
