"""What the screens of texts show: the list, one text with its variants, its versions, the library of ready texts."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from django.db.models import Case, OuterRef, Prefetch, QuerySet, Subquery, Value, When

from bienveille.engines.messaging.models import Line, Template, TemplateVersion, Text
from bienveille.engines.messaging.rules.ready_texts import ReadyText, parse_ready_text

READY = Path(__file__).parent.parent / "ready"
#: By channel, French before the other languages, plain before easy to read.
IN_ORDER = ("channel", Case(When(language="fr", then=Value(0)), default=Value(1)), "language", "easy")


@cache
def ready_texts() -> dict[str, ReadyText]:
    """The library, by name of file, in the order of the files (no query; read once)."""
    return {
        path.stem: parse_ready_text(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(READY.glob("*.toml"))
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """A text as the list shows it: its latest version and that version's variants, without their words."""

    template: Template
    version: TemplateVersion
    texts: list[Text]


def templates_list(*, retired: bool = False) -> list[Listed]:
    """Texts by name, in use or retired, with their latest version (3 queries)."""
    found = list(
        Template.objects.filter(retired_on__isnull=not retired)
        .annotate(
            latest_id=Subquery(
                TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number").values("pk")[:1]
            )
        )
        .order_by("name", "pk")
    )
    versions = _with_texts(TemplateVersion.objects.filter(pk__in=[one.latest_id for one in found]), words=False)
    by_template = {one.template_id: one for one in versions}
    return [Listed(one, by_template[one.pk], list(by_template[one.pk].texts.all())) for one in found]


def latest_version(template: Template) -> TemplateVersion:
    """What a text says today, its variants with it, and who made it (2 queries)."""
    found = _with_texts(TemplateVersion.objects.filter(template=template)).order_by("-number").first()
    if found is None:
        raise TemplateVersion.DoesNotExist
    return found


def versions_of(template: Template) -> list[TemplateVersion]:
    """Every version of a text, the newest first, with its variants and who made it (2 queries)."""
    return list(_with_texts(TemplateVersion.objects.filter(template=template)).order_by("-number"))


def version_texts(version_id: UUID) -> list[Text]:
    """The variants of one version (1 query)."""
    return list(Text.objects.filter(version_id=version_id).order_by(*IN_ORDER))


def all_lines() -> QuerySet[Line]:
    """Every number told to tenants, those for everybody first (1 query)."""
    return Line.objects.select_related("agency", "residence").order_by("agency__name", "residence__name", "kind", "pk")


def _with_texts(versions: QuerySet[TemplateVersion], *, words: bool = True) -> QuerySet[TemplateVersion]:
    texts = Text.objects.order_by(*IN_ORDER)
    return versions.select_related("made_by").prefetch_related(
        Prefetch("texts", queryset=texts if words else texts.defer("body"))
    )
