"""The harness itself: what must be impossible in a test is."""

import socket
import urllib.request
import warnings
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.template import Context, engines
from tests.conftest import LONGEST, TOGETHER, NetworkRefused
from tests.dispatch.factories import make_queue

from bienveille.config.settings_test import UndefinedVariable
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit

ROOT = Path(__file__).parents[2]


def test_a_test_cannot_leave_the_machine():
    with pytest.raises(NetworkRefused), socket.socket() as outgoing:
        outgoing.connect(("192.0.2.1", 80))


def test_nor_look_a_name_up():
    with pytest.raises(NetworkRefused):
        urllib.request.urlopen("http://example.org/")


def test_but_may_talk_to_itself():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_an_undefined_variable_fails():
    template = engines["django"].engine.from_string("{{ known }} {{ unknown.thing }}")
    with pytest.raises(UndefinedVariable, match=r"unknown\.thing"):
        template.render(Context({"known": 1}))


def test_asking_whether_it_is_defined_does_not():
    template = engines["django"].engine.from_string("{% if unknown %}a{% else %}b{% endif %}")
    assert template.render(Context()) == "b"


def test_warnings_are_errors():
    with pytest.raises(UserWarning):
        warnings.warn("careful", stacklevel=1)


def test_what_is_put_first_or_kept_together_is_there():
    here = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/*.py")]
    assert [path for path in (*LONGEST, *TOGETHER) if not any(one.startswith(path) for one in here)] == []


@pytest.mark.django_db(transaction=True)
def test_nothing_committed_by_a_test_is_left_for_the_next():
    record_audit(actor=None, action=AuditAction.ACCOUNT_CHANGED)  # which the database forbids to delete
    make_queue()
    assert {"accounts_auditentry", "dispatch_contact", "tenants_person"} <= filled()
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
    assert filled() == {"auth_permission", "django_content_type"}


def filled():
    """Tables of ours where there is a row."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    looks = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(looks)
        return {name for (name,) in cursor.fetchall()}
