"""Where somebody with a protected address lives is said by no output of the product, but to the two roles trusted with it.

Every route of the policy table is opened by every role that may, on the objects around one person; links to files and
to other pages are followed, and the place is typed in every search and filter. A new route is crawled by itself. What
gives the place away is an answer that holds who and where together, or a page about the place that says who.
"""

import io
import re
import zipfile
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse, reverse_lazy
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.architecture.policy import EVERYBODY, SIGNED_IN, routes, table
from tests.cases.factories import make_case
from tests.cases.referral_factories import code_sent, make_referral, secret_sent
from tests.housing.factories import BuildingFactory, CommuneFactory, DwellingFactory, ResidenceFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.cases.models import Alert, Case, PartnerReferral
from bienveille.engines.cases.operations import Signal, advance_ladders, name_readers, open_confidential, write_to
from bienveille.engines.cases.operations.referrals import send_again
from bienveille.engines.cases.operations.referrals_mail import write_to_owner as tell_owner_of
from bienveille.engines.cases.operations.referrals_register import RegisterFacts, ask_register
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import Agency
from bienveille.register.accounts.operations import create_api_token
from bienveille.register.housing.models import ResidenceManager
from bienveille.register.tenants.access import TRUSTED_WITH_ADDRESSES
from bienveille.register.tenants.models import Household
from bienveille.register.tenants.operations import protect_address

pytestmark = pytest.mark.django_db

WHO = ("Tournebriole", "Zénaïdine", "39987766", "39 98 77 66")
#: What was told to two readers, and the key of their case: nobody else is shown any of it, with or without a name.
SECRET = "Xylocanarde"
WHERE = ("Canaritier", "Sansoucinette", "Volubilissime", "ZX81", "Portequinze")
#: Parameters of routes that are not called after their model.
CALLED = {
    "first": "person",
    "second": "person",
    "relay": "relaytenant",
    "batch": "batch",
    "line": "batchline",
    "code": "commune",
}
#: « Quitter vite » signs out: nothing would be read after it.
LEAVES = reverse_lazy("ui:leave")
PLACES = ("residence_id", "building_id", "dwelling_id", "watch_id")
HREF = re.compile(r'(?:href|hx-get|src)="([/?][^"#]*)')
GET_FORM = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
TEXT_INPUT = re.compile(r'<input[^>]*type="(?:search|text)"[^>]*>')
SELECT = re.compile(r'<select[^>]*name="([^"]+)".*?</select>', re.DOTALL)
OPTION = re.compile(r'<option[^>]*value="([^"]*)"[^>]*>([^<]*)')


@dataclass
class Crawl:
    """What one role was shown, and what in it gave the place away."""

    client: Client
    headers: dict[str, str]
    role: str
    seen: set[str] = field(default_factory=set)
    read: int = 0
    leaks: list[str] = field(default_factory=list)
    secrets: tuple[str, ...] = ()

    def open(self, address: str, *, about_place: bool = False) -> None:
        """One address, its files, what it links to, and its searches, even if a link led there before."""
        self.seen.add(address)
        text = self._ask(address)
        if text is None:
            return
        self._judge(address, text, about_place=about_place)
        self._follow(address, text)
        for form in GET_FORM.findall(text):
            self._search(form, address.partition("?")[0])

    def _follow(self, address: str, text: str) -> None:
        """Files of a page first of all: their links say only what changes in its address."""
        for found in dict.fromkeys(map(unescape, HREF.findall(text))):
            link = urljoin(address, found)
            if "export=" in link or (found.startswith("/") and self._is_new_kind(link)):
                self._judge(link, self._text(link) or "")

    def _text(self, address: str) -> str | None:
        """What an address answers, the first time it is asked."""
        if address in self.seen:
            return None
        self.seen.add(address)
        return self._ask(address)

    def _ask(self, address: str) -> str | None:
        if address == LEAVES:
            return None
        response = self.client.get(address, headers=self.headers if address.startswith("/api/") else {})
        if response.status_code != 200:
            return None
        self.read += 1
        return text_of(response)

    def _judge(self, address: str, text: str, *, about_place: bool = False) -> None:
        if SECRET in text or any(key in text for key in self.secrets):
            self.leaks.append(f"{self.role} {address}: a confidential case")
        who, where = [one for one in WHO if one in text], [one for one in WHERE if one in text]
        if who and (where or about_place):
            self.leaks.append(f"{self.role} {address}: {who} {where}")

    def _search(self, form: str, path: str) -> None:
        """The place typed or chosen: whoever is found there, and not by a word of no place, lives there.

        And the person typed, as a page that lists nobody by itself is read only so; files of what was found too.
        """
        action = re.search(r'<form[^>]*action="([^"?]+)', form)
        path = action[1] if action else path
        for control in TEXT_INPUT.findall(form):
            if name := re.search(r'name="([^"]+)"', control):
                self._compare(path, name[1], "Xyzzyx", [WHERE[0], WHERE[3]])
                # Not as it is written, or what was typed would pass for what was found.
                found = f"{path}?{urlencode({name[1]: WHO[0].lower()})}"
                text = self._text(found) or ""
                self._judge(found, text)
                self._follow(found, text)
        for select in SELECT.finditer(form):
            options = OPTION.findall(select[0])
            places = [value for value, label in options if any(one in label for one in WHERE)]
            others = [value for value, label in options if value and value not in places]
            self._compare(path, select[1], others[0] if others else "Xyzzyx", places)

    def _compare(self, path: str, name: str, nowhere: str, places: list[str]) -> None:
        found = {value: self._text(f"{path}?{urlencode({name: value})}") or "" for value in places}
        if any(one in text for text in found.values() for one in WHO):
            elsewhere = self._text(f"{path}?{urlencode({name: nowhere})}") or ""
            if not any(one in elsewhere for one in WHO):
                self.leaks.append(f"{self.role} {path}?{name}=…: found by the place")

    def _is_new_kind(self, link: str) -> bool:
        """Three pages of each route that links name, and every export: enough to see what a route shows."""
        try:
            name = resolve(link.partition("?")[0]).view_name
        except Resolver404:
            return False
        kind = f"kind {name}"
        times = sum(f"{kind} {rank}" in self.seen for rank in range(3))
        if times < 3:
            self.seen.add(f"{kind} {times}")
        return times < 3


def text_of(response: Any) -> str:
    """Everything readable in an answer: a page, a text, the sheets of a workbook. Compressed documents are not read."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist())
    return unescape(content.decode("utf-8", "replace")).replace("\u00a0", " ")


def objects() -> dict[str, list[Any]]:
    """Rows of every model by its name in small letters: those that a route may be opened on."""
    return {
        model.__name__.lower(): list(model._default_manager.values_list("pk", flat=True)[:6])
        for model in apps.get_models()
        if model.__module__.startswith("bienveille.")
    }


def addresses(name: str, parameters: dict[str, object], rows: dict[str, list[Any]]) -> list[str]:
    """The addresses of a route on what exists; none when nothing of the kind exists."""
    choices: list[dict[str, Any]] = [{}]
    for parameter, nobody in parameters.items():
        stem = parameter.removesuffix("_id").replace("_", "")
        values = (rows.get(CALLED.get(stem, stem)) or [nobody])[:3]
        choices = [{**chosen, parameter: value} for chosen in choices for value in values][:4]
    try:
        return [reverse(name, kwargs=chosen) for chosen in choices]
    except NoReverseMatch:
        return []


@pytest.fixture
def hidden() -> Agency:
    """Somebody called, followed, promised a call, relay of nobody, then protected; one more household elsewhere."""
    agency = AgencyFactory()
    residence = ResidenceFactory(agency=agency, code=WHERE[3], name=WHERE[1], address=f"77 rue du {WHERE[0]}")
    building = BuildingFactory(residence=residence, code=WHERE[2])
    dwelling = DwellingFactory(building=building, code=f"{WHERE[3]}-15", door=WHERE[4])
    home = HouseholdFactory(
        dwelling=dwelling,
        people=[{"age": 82, "title": "mrs", "last_name": WHO[0], "first_name": WHO[1]}],
    )
    person = home.people.get()
    person.contact_points.create(kind="phone", value="+33639987766", status="valid")
    MarkFactory(person=person)
    RelativeFactory(person=person)
    HouseholdFactory(age=84, phone=True, agency=agency)
    called, waiting = make_campaign(), make_campaign(name="Grand froid 2027")
    caller = UserFactory(roles=[Role.CALLER])
    for _ in range(2):
        call(called, caller, "reached", grade="orange", needs=("meals",), note="Ne descend plus.", weekly=True)
    case = make_case(household=home, now=timezone.now())
    sent = make_referral("sent", case=case, now=timezone.now())
    secret_sent(sent, timezone.now())
    tell_owner_of(referral_id=sent.pk, what="asked_again")
    residence.commune = CommuneFactory()
    residence.save()
    ask_register(
        actor=UserFactory(roles=["social_worker"]),
        person=person,
        facts=RegisterFacts(quality="age", agreement="non_objection", said_by="person"),
        now=timezone.now(),
    )
    pair = [UserFactory(roles=[("social_worker", agency)]) for _ in range(2)]
    name_readers(
        actor=UserFactory(roles=["director"]), agency=agency, first=pair[0], second=pair[1], now=timezone.now()
    )
    open_confidential(
        actor=caller, household_id=home.pk, signal=Signal("red", ("violence",), SECRET), now=timezone.now()
    )
    advance_ladders(now=timezone.now())
    for alert in Alert.objects.filter(channel="email"):
        write_to(alert_id=alert.pk, now=timezone.now())
    ResidenceManager.objects.create(residence=residence, user=UserFactory(roles=[Role.BUILDING_MANAGER]))
    protect_address(actor=UserFactory(roles=[Role.ADMINISTRATOR]), person=person, protected=True, reason="À sa demande")
    assert waiting.queue_id
    return agency


def crawl(role: str, agency: Agency) -> Crawl:
    user = UserFactory(roles=[(role, agency)])
    if role == Role.BUILDING_MANAGER:
        user = ResidenceManager.objects.select_related("user").get().user
    client = Client(raise_request_exception=False)
    client.force_login(user)
    token = create_api_token(actor=user, user=user, label="", now=timezone.now())
    secrets = tuple(str(key) for key in Case.objects.filter(kind="confidential").values_list("pk", flat=True))
    crawled, rows = Crawl(client, {"authorization": f"Bearer {token}"}, role, secrets=secrets), objects()
    lines = table()
    for route in routes():
        line = lines[route.name]
        if line["who"] not in (EVERYBODY, SIGNED_IN) and role not in line["who"]:
            continue  # refused to this role: the policy tests see to it
        about_place = any(parameter in PLACES for parameter in route.parameters)
        for address in addresses(route.name, route.parameters, rows):
            crawled.open(address, about_place=about_place)
    assert SESSION_KEY in client.session, "signed out on the way: what came after was not read"
    return crawled


@pytest.mark.parametrize("role", [role for role in Role.values if role not in TRUSTED_WITH_ADDRESSES])
def test_no_output_says_where(role, hidden):
    crawled = crawl(role, hidden)
    assert crawled.leaks == [], "\n".join(crawled.leaks)
    assert crawled.read > 30


@pytest.mark.parametrize("role", TRUSTED_WITH_ADDRESSES)
def test_the_two_trusted_roles_are_told_so_the_crawl_can_see(role, hidden):
    user = UserFactory(roles=[role])
    client = Client()
    client.force_login(user)
    crawled = Crawl(client, {}, role)
    home = Household.objects.get(name__contains=WHO[0])
    crawled.open(reverse("workspace:household", kwargs={"household_id": home.pk}))
    assert crawled.leaks


def test_no_message_says_where(hidden):
    secret = [SECRET, *(str(key) for key in Case.objects.filter(kind="confidential").values_list("pk", flat=True))]
    assert mail.outbox
    for message in mail.outbox:
        assert not any(one in f"{message.subject} {message.body}" for one in (*WHERE, *secret))


@pytest.mark.parametrize("role", TRUSTED_WITH_ADDRESSES)
def test_no_output_tells_a_confidential_case_even_to_who_may_know_where(role, hidden):
    crawled = crawl(role, hidden)
    assert [leak for leak in crawled.leaks if leak.endswith("a confidential case")] == []


def test_its_readers_are_told_so_the_crawl_can_see(hidden):
    case = Case.objects.get(kind="confidential")
    client = Client()
    client.force_login(case.readers.first())
    crawled = Crawl(client, {}, "reader", secrets=(str(case.pk),))
    crawled.open(reverse("workspace:case", kwargs={"case_id": case.pk}))
    assert any(leak.endswith("a confidential case") for leak in crawled.leaks)


def test_the_partner_already_asked_reads_it_no_more(hidden):
    """The number neither: nobody said by which way she can be reached without danger."""
    referral = PartnerReferral.objects.get()
    assert referral.with_address
    browser = Client()
    address = reverse("portal:link", args=[secret_sent(send_it_again(referral), timezone.now())])
    browser.post(address)
    page = text_of(browser.post(f"{address}code/", {"code": code_sent(timezone.now())}, follow=True))
    assert WHO[0] in page
    assert not any(one in page for one in (*WHERE, *WHO[2:]))


def send_it_again(referral: PartnerReferral) -> PartnerReferral:
    sender = UserFactory(roles=["social_worker"])
    send_again(actor=sender, referral_id=referral.pk, root="https://bienveille.example", now=timezone.now())
    return referral


def test_everything_around_the_person_was_opened(hidden):
    rows = objects()
    for kind in (
        "household",
        "person",
        "contact",
        "attempt",
        "report",
        "case",
        "plannedcall",
        "referral",
        "residence",
        "partnerreferral",
        "registerrequest",
    ):
        assert rows.get(kind), kind
    assert Household.objects.count() == 2
