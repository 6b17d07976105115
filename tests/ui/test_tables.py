"""Lists: what an address asks is read safely, kept in every link, and sorts without losing a row."""

import re
from datetime import date

import pytest
from django.db.models import F
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory

from bienveille.ground.ui import views
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.models import User

ROWS = [
    {"name": "Zoé", "calls": 2, "state": "reached"},
    {"name": "Émile", "calls": 5, "state": "waiting"},
    {"name": "abel", "calls": 2, "state": "reached"},
    {"name": "", "calls": None, "state": "waiting"},
]
TABLE = Table(
    columns=[
        Column("name", "Ménage", sort=True),
        Column("calls", "Appels", sort=True, kind="number", down=True),
        Column("state", "État"),
    ],
    filters=[
        Filter("state", "État", [("reached", "Joint"), ("waiting", "En attente")]),
        Filter("q", "Nom", kind="text"),
        Filter("since", "Depuis", kind="day"),
        Filter("agency", "Agence"),
    ],
    sort="name",
    per_page=2,
    one="ménage",
    many="ménages",
)
AGENCY = [("01890000-0000-7000-8000-000000000001", "Lyon")]


def asked(query: str = "", table: Table = TABLE, **choices):
    return table.read(QueryDict(query), choices=choices)


def names(listing) -> list[str]:
    return [row["name"] for row in listing]


class TestReading:
    def test_nothing_asked_is_the_default(self):
        one = asked()
        assert (one.sort, one.descending, one.page, one.export, one.filtered) == ("name", False, 1, "", False)

    @pytest.mark.parametrize(
        "query",
        [
            "tri=secret", "tri=--name", "tri=state", "tri=", "tri=%00", "page=0", "page=-1", "page=x", "page=%C2%B2",
            "page=99999999999999999999", "state=nowhere", "since=hier", "since=2026-13-01", "export=exe", "q=%00",
            "agency=x", "q=%20",
        ],
    )  # fmt: skip
    def test_what_is_unknown_becomes_the_default_in_silence(self, query):
        one = asked(query)
        assert (one.sort, one.descending, one.export, dict(one.values)) == ("name", False, "", {})
        assert names(one.listing(ROWS)) == ["abel", "Émile"]

    @given(st.dictionaries(st.sampled_from(["tri", "page", "state", "q", "since", "export", "agency", "x"]), st.text()))
    def test_any_address_opens(self, query):
        text = QueryDict(mutable=True)
        text.update(query)
        one = TABLE.read(QueryDict(text.urlencode()))
        assert len(one.listing(ROWS)) > 0
        QueryDict(one.address().removeprefix("?"))

    def test_answers(self):
        one = asked("state=reached&q=+Dupr%C3%A9+&since=2026-11-01&agency=" + AGENCY[0][0], agency=AGENCY)
        assert (one["state"], one["q"], one.day("since")) == ("reached", "Dupré", date(2026, 11, 1))
        assert str(one.uuid("agency")) == AGENCY[0][0]
        assert one.words == "État\u00a0: Joint, Nom\u00a0: Dupré, Depuis\u00a0: 01/11/2026, Agence\u00a0: Lyon"

    def test_a_filter_that_is_not_declared_is_a_fault(self):
        with pytest.raises(KeyError, match="colour"):
            asked()["colour"]


class TestAddresses:
    def test_keep_what_was_asked_and_what_belongs_to_others(self):
        one = asked("state=reached&tri=-calls&page=2&autre=1&autre=2&vu=abc&export=csv")
        assert one.address() == "?autre=1&autre=2&state=reached&tri=-calls"
        assert one.address(page="3") == "?autre=1&autre=2&state=reached&tri=-calls&page=3"
        assert one.unfiltered == "?autre=1&autre=2&tri=-calls"
        assert one.kept == [("autre", "1"), ("autre", "2"), ("tri", "-calls")]

    def test_two_tables_of_one_page_do_not_meet(self):
        second = Table(columns=TABLE.columns, filters=TABLE.filters, sort="name", name="autre", prefix="b-")
        one = asked("tri=-calls&b-tri=-name&b-state=waiting&state=reached", second)
        assert (one.order_word, one["state"]) == ("-name", "waiting")
        assert one.address(page="2") == "?tri=-calls&state=reached&b-state=waiting&b-tri=-name&b-page=2"

    def test_pressing_a_title_turns_the_order_round(self):
        heads = {head.column.key: head for head in asked("tri=name").listing(ROWS).headers}
        assert (heads["name"].url, heads["name"].direction) == ("?tri=-name", "ascending")
        assert (heads["calls"].url, heads["calls"].direction) == ("?tri=-calls", "")
        assert heads["state"].url == ""


class TestOrder:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["abel", "Émile", "Zoé", ""]),
            ("tri=-name", ["Zoé", "Émile", "abel", ""]),
            ("tri=calls", ["Zoé", "abel", "Émile", ""]),
            ("tri=-calls", ["Émile", "Zoé", "abel", ""]),
        ],
    )
    def test_of_rows_in_memory_empty_last(self, query, expected):
        assert [row["name"] for row in asked(query).sorted(ROWS)] == expected

    @given(st.lists(st.integers(0, 3), max_size=30), st.sampled_from(["tri=calls", "tri=-calls"]))
    def test_every_row_is_on_one_page(self, figures, query):
        rows = [{"name": str(rank), "calls": figure} for rank, figure in enumerate(figures)]
        seen = []
        for page in range(1, len(rows) // 2 + 2):
            listing = asked(f"{query}&page={page}").listing(rows)
            if listing.page.number == page:
                seen += names(listing)
        assert sorted(seen) == sorted(row["name"] for row in rows)

    def test_a_page_too_far_is_the_last(self):
        assert asked("page=9").listing(ROWS).page.number == 2

    def test_of_a_query_ends_with_its_key(self):
        table = Table(
            columns=[
                Column("a", "A", sort=("last_name", "first_name")),
                Column("b", "B", sort=F("email"), filled=True),
            ],
            sort="a",
        )
        assert [str(part) for part in asked("", table).order()] == [
            "OrderBy(F(last_name), descending=False)", "OrderBy(F(first_name), descending=False)", "OrderBy(F(pk), descending=False)",
        ]  # fmt: skip
        assert [(part.descending, part.nulls_last) for part in asked("tri=-a", table).order()] == [
            (True, True),
            (True, True),
            (True, None),
        ]
        assert [(part.descending, part.nulls_last) for part in asked("tri=-b", table).order()] == [
            (True, None),
            (True, None),
        ]


@pytest.mark.django_db
class TestQueries:
    PEOPLE = Table(columns=[Column("last_name", "Nom", sort="last_name")], sort="-last_name", per_page=2)

    @pytest.mark.parametrize("people", [3, 9])
    def test_two_whatever_the_number_of_rows(self, people, django_assert_num_queries):
        UserFactory.create_batch(people)
        with django_assert_num_queries(2):
            listing = asked("", self.PEOPLE).listing(User.objects.all())
            assert len(listing.rows) == 2
            assert listing.count == people

    def test_one_when_it_is_already_counted(self, django_assert_num_queries):
        UserFactory.create_batch(3)
        with django_assert_num_queries(1):
            assert len(asked("page=2", self.PEOPLE).listing(User.objects.all(), count=3)) == 1

    def test_a_file_has_every_row_in_the_same_order(self):
        for name in ["Abadie", "Zelmati", "Émery"]:
            UserFactory(last_name=name)
        sheet = asked("", self.PEOPLE).sheet(User.objects.all(), name="x")
        assert [row[0] for row in sheet.rows] == [one.last_name for one in User.objects.order_by("-last_name")]


class TestPages:
    SOURCE = """{% load ui %}{% filter_bar listing=listing %}
        {% sort_table listing=listing label="Ménages" exports=True %}<tbody></tbody>{% endsort_table %}"""

    def show(self, query: str = "", rows=ROWS) -> str:
        request = RequestFactory().get(f"/x/?{query}")
        listing = TABLE.read(request.GET).listing(rows)
        return Template(self.SOURCE).render(Context({"request": request, "listing": listing}))

    def test_the_order_is_told_to_readers(self):
        html = self.show("tri=-calls")
        assert re.findall(r'<th scope="col" aria-sort="(\w+)" class="bv-num">', html) == ["descending"]
        assert "4\u00a0ménages, triés par Appels, page 1 sur 2" in html

    def test_links_work_without_a_script_and_change_only_the_list_with_one(self):
        html = self.show("state=reached", rows=ROWS)
        link = re.search(r'<a class="bv-sort" id="liste-tri-calls"[^>]*>', html)[0]
        assert 'href="?state=reached&amp;tri=-calls"' in link
        assert 'hx-get="?state=reached&amp;tri=-calls" hx-target="#liste" hx-select="#liste"' in link
        assert 'href="?state=reached&amp;page=2" rel="next" id="liste-suivante" hx-get=' in html
        assert '<a href="?state=reached&amp;export=xlsx" download>' in html

    def test_the_filters_keep_the_order_and_what_was_chosen(self):
        html = self.show("state=reached&tri=-calls&autre=1")
        assert '<option value="reached" selected>' in html
        assert '<input type="hidden" form="liste-filtres" name="tri" value="-calls">' in html
        assert '<input type="hidden" form="liste-filtres" name="autre" value="1">' in html
        assert '<a href="?autre=1&amp;tri=-calls">Retirer les filtres</a>' in html

    def test_filters_that_find_nobody_show_the_way_out(self):
        html = self.show("state=reached", rows=[])
        assert "Personne ne répond à ces filtres." in html
        assert "<table" not in html
        assert "Retirer les filtres" in html

    def test_what_is_typed_is_never_html(self):
        assert "<b>x" not in self.show("q=%3Cb%3Ex&autre=%22%3E%3Cb%3Ex")


@pytest.mark.django_db  # closing an answer looks at connections
class TestFiles:
    NOW = views.datetime(2026, 11, 21, 21, 30, tzinfo=views.UTC)

    def test_heading_says_what_when_and_who(self):
        assert heading("Ménages", now=self.NOW, by="Nadia Ferhat") == [
            "Ménages",
            "Exporté le samedi 21\u00a0novembre 2026 à 22\u00a0h\u00a030 par Nadia Ferhat",
        ]

    @pytest.mark.parametrize(("kind", "beginning"), [("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")])
    def test_answer(self, kind, beginning):
        sheet = asked().sheet(ROWS, name="x", heading=["Titre"])
        response = file_response(kind=kind, sheets=[sheet], name="Ménages d’été", now=self.NOW)
        assert response.streaming
        assert response["Content-Disposition"] == f'attachment; filename="menages-dete-2026-11-21.{kind}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store"
        assert b"".join(response.streaming_content).startswith(beginning)
        response.close()

    def test_the_gallery_exports_what_is_filtered(self):
        response = views.gallery(RequestFactory().get("/composants/?q=zelmati&state=waiting&export=csv&tri=-name"))
        lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[2] == "Filtres\u00a0: État\u00a0: En attente, Nom\u00a0: zelmati"
        assert lines[4] == "Ménage;Agence;État;Appels;Dernier appel;Téléphone"
        assert len(lines) > 6
        assert all(line.startswith("Zelmati ") for line in lines[5:])
