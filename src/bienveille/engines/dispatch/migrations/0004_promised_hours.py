"""The hand-out waits for the hour of a promised call; a promise put off keeps its hour."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("bienveille.engines.dispatch.migrations.0002_hand_out").CREATE
HAND_OUT = "CREATE FUNCTION dispatch_hand_out("


def _replaced(text: str, former: str, new: str) -> str:
    assert text.count(former) == 1, former
    return text.replace(former, new)


_FORMER = BEFORE[BEFORE.index(HAND_OUT) :]
FORMER = _replaced(_FORMER, HAND_OUT, "CREATE OR REPLACE FUNCTION dispatch_hand_out(")
# Mine are given from their hour on, or from the next morning; another caller's only once their day is over.
_NEW = _replaced(
    FORMER,
    "p.state = 'planned' AND p.due_on <= p_today\n",
    "p.state = 'planned' AND p.due_on <= p_today\n"
    "          AND (p.due_from IS NULL OR p.due_from <= p_now OR p.due_on < p_today)\n",
)
NEW = _replaced(
    _NEW,
    "ELSE 'cancelled' END, due_on = p_today + 7\n",
    "ELSE 'cancelled' END, due_on = p_today + 7,\n"
    "                due_from = due_from + make_interval(days => p_today + 7 - due_on)\n",
)


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0003_planned_moment")]

    operations = [migrations.RunSQL(NEW, FORMER)]
