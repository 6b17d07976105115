"""Ways out as the environment says them: each one can be made, and says what it honours."""

import pytest
from django.utils.module_loading import import_string

from bienveille.config.channels import channels, listener
from bienveille.engines.messaging.channels import ChannelClosed, sender_for
from bienveille.engines.messaging.channels.smpp import SmppListener


def made(environ, channel, tmp_path):
    options = dict(channels(environ, tmp_path, "Habitat <contact@exemple.fr>")[channel])
    return import_string(options.pop("class"))(**options)


@pytest.mark.parametrize(
    ("environ", "channel", "name", "keys"),
    [
        ({}, "email", "FileSender", True),
        ({}, "sms", "FileSender", True),
        (
            {"EMAIL_HOST": "mx.exemple.fr", "EMAIL_USE_TLS": "1", "EMAIL_BOUNCES": "retours@exemple.fr"},
            "email",
            "SmtpSender",
            False,
        ),
        (
            {"SMS_URL": "https://sms.exemple.fr/v1", "SMS_TOKEN": "x", "SMS_OPTIONS": '{"keys": true}'},
            "sms",
            "HttpSender",
            True,
        ),
        (
            {"SMPP_HOST": "smpp.exemple.fr", "SMPP_SYSTEM_ID": "a", "SMS_OPTIONS": '{"window": 20}'},
            "sms",
            "SmppSender",
            False,
        ),
    ],
)
def test_each_way_out_is_made(environ, channel, name, keys, tmp_path):
    sender = made(environ, channel, tmp_path)

    assert type(sender).__name__ == name
    assert sender.honours_keys is keys
    assert sender.longest > 0


def test_the_listener_is_where_the_messages_leave():
    assert listener({}) == {}
    options = listener(
        {"SMPP_HOST": "smpp.exemple.fr", "SMPP_PORT": "2776", "SMPP_LISTENER": '{"receiver": true, "dead": ["001"]}'}
    )

    assert (options["port"], options["receiver"]) == (2776, True)
    SmppListener(**options)


def test_options_that_are_not_an_object_are_told(tmp_path):
    with pytest.raises(ValueError, match="SMS_OPTIONS"):
        channels({"SMS_URL": "https://x", "SMS_OPTIONS": "[]"}, tmp_path, "a@exemple.fr")


def test_a_channel_without_provider_is_closed():
    with pytest.raises(ChannelClosed):
        sender_for("sms")
