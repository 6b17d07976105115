"""One walk through every page of one side, and what it shows of four promises (docs/security.md).

G14: what people typed is only ever text. G7: whoever is shown a person's record leaves a line that says who and whom,
and nobody else. G18: no form fails, whatever is typed. G5: no form takes a name that it does not have.

A word in the shape of a tag, an attribute, a template and a document's code is planted in every free text; each
household has a name found nowhere else. The walk is made once and kept for the tests of this file, in one transaction.
"""

import json
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from tests.architecture import walk
from tests.architecture.house import HOUSE
from tests.architecture.test_matrix import objects_of
from tests.architecture.walk import Form, Opened, Page
from tests.architecture.world import Side, make_side, plant

from bienveille.faces.workspace.forms.partners import PartnerForm
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.imports.rules.cells import Issue
from bienveille.register.imports.rules.partners import STRUCTURE, read_record
from bienveille.register.tenants.models import Household, Person
from bienveille.register.wording.models import WordingEntry

#: A tag, the end of an attribute, an event, a template's code and a document's, in one word.
PAYLOAD = "\"'><b-x onload=b()>{{b}}{%b%}#panic()"
RUNS = "javascript:b()//"
NAME = "Zorlu"
TODAY = date(2026, 11, 21)
FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass
class Walked:
    side: Side
    pages: list[Opened]
    names: dict[str, object]


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker) -> Iterator[None]:
    """One transaction for the whole file, in the place of one for each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def walked(db, tmp_path_factory) -> Iterator[Walked]:
    logging.disable(logging.CRITICAL)
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("kept")):
        cache.clear()
        side = make_side("here")
        assert plant(side, PAYLOAD) > 40
        WordingEntry.objects.update(text="mot ici")  # the operation lets no such word in: a note could not be read
        names = {}
        homes = Household.objects.filter(pk__in=side.rows["tenants.household"]).order_by("pk")
        for rank, home in enumerate(homes):
            name = NAME + chr(ord("a") + rank) * 3
            Person.objects.filter(household=home).update(last_name=f"{name}<b-x onload=b()>")
            Household.objects.filter(pk=home.pk).update(name=f"Mme {name}")
            names[name.lower()] = home.pk
        yield Walked(side, list(walk.walk(side)), names)
    logging.disable(logging.NOTSET)


def test_the_reader_sees_what_lives():
    assert Page(f"<p>{PAYLOAD}</p>").alive == ["<b-x>", "<b-x onload=b()>"]
    assert Page(f'<a href="{RUNS}">x</a>').alive != []
    assert Page(f"<script>var a = '{PAYLOAD}'</script>").alive != []
    assert Page(f'<a title="{PAYLOAD}">').alive != []
    assert Page("<p>&lt;b-x onload=b()&gt;</p>").alive == []


def test_the_walk_goes_everywhere(walked):
    opened = {page.route.name for page in walked.pages if page.status == 200}
    assert len(opened) > 170, len(opened)
    assert [(page.route.name, page.fault) for page in walked.pages if page.status >= 500] == []


def test_g14_nothing_typed_comes_to_life(walked):
    wrong, seen = [], 0
    for page in walked.pages:
        if page.kind.startswith("text/html"):
            wrong += [f"{page.who.role} {page.route.name}: {one}" for one in Page(page.text).alive]
            seen += "b-x onload" in page.text
        elif page.kind.startswith("application/json"):
            json.loads(page.text)
        if page.status == 200 and page.kind and not page.nosniff:
            wrong.append(f"{page.route.name}: {page.kind} may be taken for a page")
    assert wrong == [], "\n".join(wrong)
    assert seen > 60, "the payload is shown: pages would tell if it lived"
    assert sum(page.kind == "application/pdf" for page in walked.pages) > 1, "documents were set with it"


def test_g14_messages_are_plain_text():
    html = ("attach_alternative", "html_message", "content_subtype", "EmailMultiAlternatives")
    assert [path.name for path in HOUSE.rglob("*.py") if any(one in path.read_text("utf-8") for one in html)] == []


def test_g14_an_address_that_runs_enters_nowhere():
    record = json.loads((FIXTURES / "erp-utf8" / "partenaires.json").read_text(encoding="utf-8"))["structures"][0]
    assert not isinstance(read_record(STRUCTURE, 2, record, TODAY), Issue)
    assert isinstance(read_record(STRUCTURE, 2, {**record, "site_web": RUNS}, TODAY), Issue)
    assert isinstance(read_record(STRUCTURE, 2, {**record, "lien_source": RUNS}, TODAY), Issue)
    assert "site_web" in PartnerForm({"site_web": RUNS}).errors


# ---- G7 --------------------------------------------------------------------------------------------------------------

SEEN = {
    AuditAction.HOUSEHOLD_READ, AuditAction.HOUSEHOLD_LISTED, AuditAction.HOUSEHOLD_HANDED, AuditAction.EXPORTED,
    AuditAction.ATTEMPT_RECORDED, AuditAction.CONTACT_CHANGED, AuditAction.CASE_CHANGED,
}  # fmt: skip
#: Pages that show somebody's name without a line, and why that is right.
NO_LINE = {
    "workspace:home": "a caller is reminded of the household in hand: its hand-out has its line",
    "workspace:call": "the household in hand: its hand-out has its line",
    "workspace:after_call": "the call just saved has its line",
    "workspace:stop_weekly": "the call just saved, where the regular call was planned, has its line",
}
#: Pages that read one record without showing a name of it, and why.
NO_NAME = {
    "workspace:withdraw_referral": "the page names the partner; the case was read to know whether one may",
}


def test_g7_whoever_is_shown_a_record_leaves_a_line(walked):
    silent, wrong, shown = {}, [], 0
    for page in walked.pages:
        if page.status != 200:
            continue
        text = unescape(page.text).lower()
        named = {key for name, key in walked.names.items() if name in text}
        lines = [line for line in page.lines if line.action in SEEN]
        wrong += [f"{page.route.name}: line of somebody else" for line in lines if line.actor_id != page.who.user.pk]
        if not named:
            continue
        shown += 1
        # One record: a line that names it, or the row through which it was read; a list: one line for the list.
        told = {line.subject_id for line in lines}
        named_in_detail = any(str(key) in str(line.detail) for key in named for line in lines)
        named_in_address = any(str(key) in page.address for key in told)
        if not lines:
            silent[page.route.name] = f"{page.who.role}: {len(named)} named"
        elif (
            len(named) == 1
            and objects_of(page.route)
            and not (named & told or None in told or named_in_detail or named_in_address)
        ):
            wrong.append(f"{page.who.role} {page.route.name}: {[(line.action, line.subject_type) for line in lines]}")
    assert {name: why for name, why in silent.items() if name not in NO_LINE} == {}
    assert set(NO_LINE) - set(silent) == set(), "these leave a line now"
    assert wrong == []
    assert shown > 40, shown


def test_g7_nobody_leaves_a_line_of_a_record_that_was_not_shown(walked):
    wrong = {}
    for page in walked.pages:
        text = unescape(page.text).lower()
        named = {key for name, key in walked.names.items() if name in text}
        for line in page.lines:
            if line.action != AuditAction.HOUSEHOLD_READ:
                continue
            if page.status not in (200, 302) or (
                line.subject_id in walked.names.values() and line.subject_id not in named
            ):
                wrong[page.route.name] = f"{page.who.role} {page.status} {line.reason}"
    assert {name: why for name, why in wrong.items() if name not in NO_NAME} == {}
    assert set(NO_NAME) - set(wrong) == set()


# ---- G18 and G5 ------------------------------------------------------------------------------------------------------

WEIRD = (
    "", " ", "\x00", "0", "-1", "99999999999999999999999", "1e400", "NaN", "1,5", "2026-02-30", "0001-01-01", "9999-12-31",
    "25:61", "00000000-0000-7000-8000-000000000000", "pas une clé", "<b-x>", "{{x}}", "=1+1", "%s%n", "../../etc", "\\",
    "é" * 5_000, "👵🏽\u202e\u200b", "'; DROP", "[]", '{"all": [{"x": 1}]}', "null", "true", "1" * 400, "\n" * 99, "+33639980011",
)  # fmt: skip
#: Sendings of each form, beside the one with names that it has not.
TIMES = 2


def drawn(chance: random.Random, form: Form) -> dict[str, list[str]]:
    """A value for each field, sensible more often than not, so that what is behind the first check is reached too."""
    values = {}
    for name, known in form.fields.items():
        kind = chance.random()
        if kind < 0.1:
            continue
        if kind < 0.6 and known:
            values[name] = [chance.choice(known)]
        elif kind < 0.9:
            values[name] = [chance.choice(WEIRD)]
        else:
            values[name] = chance.choices(WEIRD, k=chance.randint(2, 4))
    return values


def test_g18_no_form_fails_whatever_is_typed(walked, record_property):
    chance, broken, sent, forms = random.Random(18), {}, 0, 0
    for who, name, path, form in walk.forms_of(walked.pages):
        forms += 1
        for _ in range(TIMES):
            values = drawn(chance, form)
            answer, _wrote = walk.send(who, form, path, values)
            sent += 1
            if answer.status_code >= 500:
                kind, fault, _ = answer.exc_info
                broken[name] = f"{form.method} {path} {str(values)[:300]}: {kind.__name__}: {str(fault)[:200]}"
    assert broken == {}, "\n".join(f"{name}: {why}" for name, why in broken.items())
    assert forms > 150, forms
    record_property("g18", f"{forms} forms, {sent} sendings, 0 failed")


def test_g5_a_name_that_a_form_does_not_have_changes_nothing(walked, record_property):
    extra, wrong, sent, saved = walk.every_column(), [], 0, 0
    assert len(extra) > 300
    for who, name, path, form in walk.forms_of(walked.pages):
        if form.method != "post":
            continue
        usual = {key: [values[-1]] for key, values in form.fields.items() if values}
        more = {key: value for key, value in extra.items() if key not in form.fields}
        answer, wrote = walk.send(who, form, path, {**dict(list(more.items())[:900]), **usual})
        sent += 1
        if answer.status_code >= 500:
            wrong.append(f"{name}: {answer.status_code} {answer.exc_info[1]}")
        wrong += [f"{name}: {one}" for one in walk.took(wrote)]
        if answer.status_code == 302 and wrote:
            saved += 1
            _, without = walk.send(who, form, path, usual)
            if walk.plain(wrote) != walk.plain(without):
                wrong.append(f"{name}: writes otherwise")
    assert wrong == [], "\n".join(wrong)
    assert saved > 20, saved
    record_property("g5", f"{sent} forms sent with {len(extra)} names, {saved} saved, 0 took one")
