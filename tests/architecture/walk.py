"""A walk through every address that the people of a side may open, as a browser would: pages, their forms, what they write.

Each route is opened on what is theirs by the first of ROLES to whom it shows something; a few, which differ for each,
by all of them. What pages hold is read by an HTML parser, never by looking for words.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.apps import apps
from django.db import connection, models, transaction
from django.urls import Resolver404, resolve, reverse
from tests.architecture.policy import Route, routes, table
from tests.architecture.test_matrix import LEAVES, Actor, actor, kind_of, may_open, objects_of
from tests.architecture.world import Side

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import AuditEntry

#: Who opens most first.
ROLES = (
    Role.DIRECTOR, Role.SOCIAL_WORKER, Role.CALLER, Role.COMMUNICATION, Role.BUILDING_MANAGER, Role.AGENCY_MANAGER,
    Role.ADMINISTRATOR,
)  # fmt: skip
#: What each role sees in its own way.
FOR_EACH = {"workspace:home", "workspace:search", "workspace:my_work", "workspace:people", "workspace:household"}
#: Forms that end the session of who sends them.
ENDS = {*LEAVES, "accounts:sessions_end", "accounts:session_end"}
#: Reads the keys of the side, which are not real ones.
ENDS |= {"accounts:passkey_challenge"}


@dataclass
class Form:
    """A form as a browser sees it: where it goes, and what each of its fields may hold."""

    method: str = "get"
    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Opened:
    """One page: who opened it, what was said, the lines that it left in the audit."""

    who: Actor
    route: Route
    address: str
    status: int
    kind: str
    text: str
    nosniff: bool
    fault: str
    lines: list[AuditEntry]


#: Attributes that a browser follows or runs.
_FOLLOWED = {"href", "src", "action", "formaction", "data", "poster", "srcdoc", "xlink:href", "hx-get", "hx-post"}
_RUNS = re.compile(r"[\s\x00-\x20]*(?:javascript:|vbscript:|data:(?!image/))", re.IGNORECASE)


class Page(HTMLParser):
    """What a browser would take for more than text, and the forms; a field with choices has them all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.forms: list[Form] = []
        self._inside = self._script = False
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "b-x":
            self.alive.append("<b-x>")
        for name, value in own.items():
            if name.startswith("on") or (name in _FOLLOWED and _RUNS.match(value)):
                self.alive.append(f"<{tag} {name}={value[:60]}>")
        self._script = tag in ("script", "style")
        if tag == "form":
            self.forms.append(Form(own.get("method", "get").lower(), own.get("action", "")))
            self._inside = True
        if self._inside:
            self._field(tag, own)

    def _field(self, tag: str, own: dict[str, str]) -> None:
        values, name = self.forms[-1].fields, own.get("name", "")
        if tag in ("input", "button") and name and own.get("type") != "file":
            usual = "on" if own.get("type") in ("checkbox", "radio") else ""
            values.setdefault(name, []).append(own.get("value", usual))
        elif tag in ("select", "textarea") and name:
            values.setdefault(name, [])
            self._select, self._area = (name, "") if tag == "select" else ("", name)
            if tag == "textarea":
                values[name].append("")
        elif tag == "option" and self._select:
            values[self._select].append(own.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._script and "<b-x" in data:
            self.alive.append(f"inside a script or a style: {data[:80]}")
        if self._inside and self._area:
            self.forms[-1].fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag in ("script", "style"):
            self._script = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def _body(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8", "replace")


def own_address(route: Route, side: Side) -> str:
    """The address of a route on the first row of theirs that each of its parameters may name."""
    named = {one: (side.rows.get(kind_of(route, one)) or [route.parameters[one]])[0] for one in objects_of(route)}
    return reverse(route.name, kwargs={**route.parameters, **named})


def walk(side: Side) -> Iterator[Opened]:
    """Each route by the first role that is not refused it."""
    done, last = set(), AuditEntry.objects.latest("pk").pk
    for role in ROLES:
        somebody = actor(side.users[role], role)
        for route in routes():
            known = route.name in done and route.name not in FOR_EACH
            if known or route.name in LEAVES or not may_open(table()[route.name], role):
                continue
            address = own_address(route, side)
            answer = somebody.asks("get", address)
            if answer.status_code not in (403, 404):
                done.add(route.name)
            lines = list(AuditEntry.objects.filter(pk__gt=last).order_by("pk"))
            last = lines[-1].pk if lines else last
            fault = f"{answer.exc_info[0].__name__}: {answer.exc_info[1]}"[:200] if answer.status_code >= 500 else ""
            yield Opened(
                somebody, route, address, answer.status_code, answer.get("Content-Type", ""), _body(answer),
                answer.get("X-Content-Type-Options") == "nosniff", fault, lines,
            )  # fmt: skip


def forms_of(pages: list[Opened]) -> Iterator[tuple[Actor, str, str, Form]]:
    """Each form once by where it goes and what it holds, with what answers no GET: who, route, address, form."""
    met = set()
    for page in pages:
        if table()[page.route.name].get("by"):
            continue
        if page.status == 405:
            found = [Form("post", page.address)]
        else:
            found = Page(page.text).forms if page.kind.startswith("text/html") else []
        for form in found:
            address = urlsplit(urljoin(page.address, form.action or page.address))
            try:
                name = resolve(address.path).view_name
            except Resolver404:
                continue
            mark = (name, form.method, tuple(sorted(form.fields)))
            if name in ENDS or address.netloc or mark in met or form.method not in ("get", "post"):
                continue
            if form.fields or name not in {one[0] for one in met}:
                met.add(mark)
                yield page.who, name, address.path, form


Write = tuple[str, list[Any]]


@contextmanager
def writes() -> Iterator[list[Write]]:
    """The statements that write, with their values, but for those of sessions."""
    found: list[Write] = []

    def look(execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) and "opensession" not in sql:
            found.append((sql, [value for row in params for value in row] if many else list(params or [])))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found


def send(somebody: Actor, form: Form, path: str, values: dict[str, list[str]]) -> tuple[Any, list[Write]]:
    """The answer and what it wrote; then all is as before, and whoever it signed out is signed in again."""
    client = somebody.client
    session = client.cookies["session"].value
    with transaction.atomic(), writes() as wrote:
        if form.method == "post":
            answer = client.post(path, values)
        else:
            answer = client.get(f"{path}?{urlencode(values, doseq=True, errors='replace')}")
        transaction.set_rollback(True)
    client.cookies["session"] = session
    client.cookies.pop("messages", None)
    return answer, wrote


#: A key, a word, a number and a day that are nowhere: a statement that holds one took a name that its form has not.
KEY, WORD, NUMBER, DAY = "01939c5e-7c1e-7000-8000-0000000bad00", "Kanariforce", "90417", "2031-07-19"


def every_column() -> dict[str, list[str]]:
    """The name of every column of every table, with a value of its kind that is nowhere else."""
    names: dict[str, list[str]] = {}
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            names[column.name] = names[column.attname] = [_unknown_value(column)]
    return names


def _unknown_value(column: models.Field) -> str:
    if isinstance(column, models.UUIDField | models.ForeignKey):
        return KEY
    if isinstance(column, models.BooleanField):
        return "on"
    if isinstance(column, models.IntegerField | models.FloatField | models.DecimalField):
        return NUMBER
    if isinstance(column, models.DateField):  # and moments
        return DAY
    return WORD


def took(wrote: list[Write]) -> list[str]:
    """The statements that hold a value that no form has a field for."""
    return [sql[:120] for sql, values in wrote if any(_unknown(value) for value in values)]


def _unknown(value: Any) -> bool:
    text = str(getattr(value, "obj", value))
    return any(one in text for one in (KEY, WORD, NUMBER, DAY)) or KEY.replace("-", "") in text


def plain(wrote: list[Write]) -> list[Write]:
    """Statements with their numbers and their yes or no alone: what does not differ from one time to the next."""
    return [(sql, [value for value in values if isinstance(value, int)]) for sql, values in wrote]
