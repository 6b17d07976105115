"""Every component renders what its documentation says, and escapes what it is given."""

import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.contrib import messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError
from django.test import RequestFactory
from tests.ui.showing import N, show

from bienveille.ground.ui import rules
from bienveille.ground.ui.flash import Undo, say_done


class TestEscaping:
    @pytest.mark.parametrize(
        "source",
        [
            "{% button label=x %}",
            '{% link label=x url="#" %}',
            "{% tag label=x %}",
            '{% call_link number="+33465710142" label=x %}',
            "{% sheet title=x aside=x %}{% endsheet %}",
            "{% note title=x %}{% endnote %}",
            "{% page_head title=x subtitle=x %}{% endpage_head %}",
            "{% empty_state title=x text=x %}{% endempty_state %}",
            "{% say text=x %}",
            "{% quote text=x source=x %}",
            "{% why reasons=list title=x %}",
            "{% fact label=x %}{{ x }}{% endfact %}",
            "{% event title=x detail=x %}{% endevent %}",
            "{% figure value=x label=x detail=x %}",
            '{% choice name="a" value=x label=x hint=x %}',
            "{% choice_group legend=x help=x error=x %}{% endchoice_group %}",
            "{% help_panel title=x %}{% endhelp_panel %}",
            "{% breadcrumbs items=trail current=x %}",
            "{% draft_status text=x %}",
            "{% progress value=1 total=2 label=x %}",
            "{% actions label=x %}{% endactions %}",
            "{{ x|fr_text }}",
        ],
    )
    def test_a_text_is_never_html(self, source):
        x = '<b onclick="x">'
        html = show(source, x=x, list=[x], trail=[(x, "#")])
        assert "<b onclick" not in html
        assert "&lt;b onclick" in html


class TestActions:
    def test_button(self):
        html = show(
            '{% button label="Enregistrer" name="save" value="next" form="appel" key="alt+s" size="lg" block=True %}'
        )
        assert 'class="btn btn-primary btn-lg w-100"' in html
        assert 'name="save" value="next"' in html
        assert 'form="appel"' in html
        assert 'data-bv-key="alt+s" aria-keyshortcuts="Alt+S"' in html
        assert 'data-bv-busy="Enregistrement…"' in html
        assert "<kbd" in html

    def test_a_plain_button_does_not_claim_to_save(self):
        assert "data-bv-busy" not in show('{% button label="Plus" type="button" %}')

    def test_unknown_kind_is_an_error(self):
        with pytest.raises(KeyError):
            show('{% button label="x" kind="shiny" %}')

    def test_positional_arguments_are_refused(self):
        with pytest.raises(TemplateSyntaxError):
            show('{% button "x" %}')

    def test_a_link_leaves_no_space_before_a_comma(self):
        assert show('{% link label="Modifier" url="#" more="la réponse 1" %},').endswith("</span></a>,")

    def test_call_link(self):
        html = show('{% call_link number="+33 4 65 71 01 42" label="Appeler le" kind="primary" size="lg" %}')
        assert 'href="tel:+33465710142"' in html
        assert f"Appeler le 04{N}65{N}71{N}01{N}42" in html

    def test_post_button_carries_the_token(self):
        html = show('{% post_button label="Ouvrir" url="/x/" name="go" value="1" %}', csrf_token="jeton")
        assert 'method="post" action="/x/"' in html
        assert 'name="csrfmiddlewaretoken" value="jeton"' in html

    def test_actions_and_draft_status(self):
        html = show('{% actions %}{% draft_status text="Appel 7 sur 12" %}{% endactions %}')
        assert 'role="region"' in html
        assert 'role="status"' in html
        assert "data-bv-draft-status" in html
        assert "Appel 7 sur 12" in html


class TestPage:
    def test_sos_links_every_number_it_is_given(self):
        numbers = [
            {"number": "15", "label": "Samu", "uri": "tel:15"},
            {"number": "114", "label": "SMS", "uri": "sms:114"},
        ]
        html = show("{% sos numbers=numbers %}", numbers=numbers)
        assert re.findall(r'href="([^"]+)"><b>', html) == ["tel:15", "sms:114"]

    def test_sos_without_numbers_is_refused(self):
        with pytest.raises(ValueError, match="numbers"):
            show("{% sos numbers=numbers %}", numbers=[])

    def test_sheet_is_named_by_its_title(self):
        html = show('{% sheet title="Par agence" level=3 show_if="a=b" %}<p>x</p>{% endsheet %}')
        assert '<section class="bv-sheet" aria-labelledby="p-par-agence" data-bv-show-if="a=b">' in html
        assert '<h3 id="p-par-agence"' in html
        assert "<p>x</p>" in html

    def test_sheet_without_title(self):
        assert show("{% sheet %}x{% endsheet %}") == '<section class="bv-sheet">x</section>'

    @pytest.mark.parametrize(
        ("kind", "icon", "role"),
        [
            ("info", "info-circle-fill", "status"),
            ("ok", "check-circle-fill", "status"),
            ("warn", "exclamation-triangle-fill", "status"),
            ("danger", "exclamation-octagon-fill", "alert"),
        ],
    )
    def test_note(self, kind, icon, role):
        html = show("{% note kind=kind live=True %}x{% endnote %}", kind=kind)
        assert f"bv-note-{kind}" in html
        assert f"#{icon}" in html
        assert f'role="{role}"' in html

    def test_flash_messages(self):
        messages = [SimpleNamespace(message="Enregistré.", level_tag="success")]
        html = show("{% flash_messages %}", messages=messages)
        assert "bv-note-ok" in html
        assert "Enregistré." in html
        assert show("{% flash_messages %}") == ""

    def test_breadcrumbs_end_with_the_page_itself(self):
        html = show('{% breadcrumbs items=trail current="Grand froid" %}', trail=[("Campagnes", "/campagnes/")])
        assert '<a href="/campagnes/">Campagnes</a>' in html
        assert '<li aria-current="page">Grand froid</li>' in html


class TestWords:
    def test_grade(self):
        html = show('{% grade value="red" %}')
        assert "bv-grade-red" in html
        assert "#grade-red" in html
        assert "Rouge" in html
        assert show('{% grade value="" %}') == ""
        assert show("{% grade value=none %}", none=None) == ""

    def test_say_and_quote_put_words_between_french_quotes(self):
        assert f"«{N}Allez-vous bien{N}?{N}»" in show('{% say text="Allez-vous bien ?" %}')
        assert f"«{N}Oui.{N}»" in show('{% quote text="« Oui. »" %}')

    def test_why_takes_words_or_words_with_a_sign(self):
        html = show("{% why reasons=reasons %}", reasons=["4e étage", {"text": "82 ans", "icon": "people"}])
        assert "4<sup>e</sup> étage" in html
        assert "#people" in html

    def test_a_fact_without_value_is_not_written(self):
        assert show('{% facts %}{% fact label="Langue" %} {% endfact %}{% endfacts %}') == '<dl class="bv-kv"></dl>'

    def test_event_tells_local_time(self, settings):
        settings.TIME_ZONE = "Europe/Paris"
        html = show(
            '{% event title="Jointe" at=at grade="green" %}{% endevent %}',
            at=datetime(2020, 11, 24, 13, 41, tzinfo=UTC),
        )
        assert 'datetime="2020-11-24T14:41+01:00"' in html
        assert f"24{N}novembre 2020 à 14{N}h{N}41" in html


class TestFigures:
    def test_ledger_says_its_sum(self):
        html = show("{% ledger counts=counts target=1206 %}", counts={"reached": 1200, "withdrawn": 6})
        assert f'aria-label="Sur 1{N}206{N}ménages' in html
        assert html.count("<rect") == 2
        assert html.count("bv-plus") == 5
        assert "d’écart" not in html

    def test_ledger_that_does_not_add_up_says_so(self):
        html = show("{% ledger counts=counts %}", counts={"target": 500, "reached": 498})
        assert f"2{N}ménages d’écart" in html

    def test_ledger_mini_is_decoration(self):
        assert 'aria-hidden="true"' in show("{% ledger_mini counts=counts %}", counts={"reached": 1})

    def test_figure(self):
        html = show('{% figures columns=5 %}{% figure value=1938 label="appels" %}{% endfigures %}')
        assert f"<dd>1{N}938</dd>" in html
        assert "bv-stats-5" in html

    def test_progress_never_leaves_its_bar(self):
        html = show('{% progress value=14 total=12 label="appels" %}')
        assert 'width="100.0%"' in html
        assert "14 sur 12 appels" in html
        assert 'width="0.0%"' in show("{% progress value=0 total=0 %}")

    def test_fold_table_can_be_reached_and_named(self):
        html = show('{% fold_table label="Tableau" columns=2 figures=True %}<tbody></tbody>{% endfold_table %}')
        assert 'role="region" aria-label="Tableau" tabindex="0"' in html
        assert "bv-fold-2" in html
        assert "bv-tablesum" in html

    def test_pagination_keeps_the_rest_of_the_address(self):
        request = RequestFactory().get("/?q=dupré&page=2")
        html = show('{% pagination page=page one="ménage" %}', request=request, page=Paginator(range(120), 50).page(2))
        assert 'href="?q=dupr%C3%A9&amp;page=3" rel="next"' in html
        assert 'aria-current="page"' in html
        assert f"51 à 100 sur 120{N}lignes" in html

    def test_one_page_needs_no_links(self):
        request = RequestFactory().get("/")
        html = show("{% pagination page=page %}", request=request, page=Paginator(range(3), 50).page(1))
        assert "<a" not in html
        assert "<nav" not in html


class TestCharts:
    SERIES = [
        {"label": "Appels", "state": "reserved", "values": [512, None]},
        {"label": "Joints", "state": "reached", "values": [301, 330]},
    ]
    SOURCE = '{% chart title="Par semaine" axis="Semaine" categories=weeks series=series %}'

    def show(self, source=SOURCE, weeks=("9 nov.", "16 nov."), series=SERIES):
        return show(source, weeks=weeks, series=series)

    def test_the_table_is_there_whatever_happens(self):
        html = self.show()
        assert '<details class="bv-same" open>' in html
        assert html.count("<tr>") == 3
        assert '<td class="bv-num" data-label="Appels">–</td>' in html
        assert '<td class="bv-num" data-label="Joints">330</td>' in html

    def test_what_it_shows_is_told(self):
        html = self.show()
        assert (
            f'aria-label="Par semaine. Appels{N}: au plus 512 (9 nov.). '
            f'Joints{N}: au plus 330 (16 nov.), de 301 (9 nov.) à 330 (16 nov.). Le tableau donne chaque valeur."'
        ) in html

    def test_the_script_gets_figures_that_are_no_code(self):
        html = self.show(weeks=["</script><b>", "16 nov."])
        data = json.loads(
            re.search(r'<script id="p-par-semaine-chiffres" type="application/json">(.*?)</script>', html)[1]
        )
        assert data["categories"] == ["</script><b>", "16 nov."]
        assert data["series"][0] == {"label": "Appels", "state": "reserved", "values": [512, None]}
        assert "<b>" not in html

    def test_a_table_of_the_page_is_not_written_twice(self):
        html = self.show('{% chart title="x" axis="y" categories=weeks series=series table="agences" %}')
        assert "<table" not in html
        assert '<a href="#agences">' in html

    def test_a_missing_value_is_a_fault(self):
        with pytest.raises(ValueError, match="1 values for 2"):
            self.show(series=[{"label": "Appels", "state": "reached", "values": [1]}])

    @pytest.mark.parametrize(("count", "size"), [(3, "s"), (7, "m"), (12, "l"), (40, "xl")])
    def test_lying_bars_have_room(self, count, size):
        assert rules.chart_height(count, 4, horizontal=True, stacked=True) == size
        assert rules.chart_height(count, 4, horizontal=False, stacked=True) == "m"


class TestUndo:
    def test_a_message_offers_to_take_back(self):
        request = RequestFactory().get("/")
        request.session = {}
        request._messages = FallbackStorage(request)
        say_done(request, "Ménage <retiré>.", undo=Undo(url="/remettre/", label="Le remettre", name="id", value='"7"'))
        messages.success(request, "Rien d’autre.", extra_tags="autre")
        html = show("{% flash_messages %}", messages=request._messages, csrf_token="jeton")
        assert "Ménage &lt;retiré&gt;." in html
        assert 'method="post" action="/remettre/"' in html
        assert 'name="id" value="&quot;7&quot;"' in html
        assert 'name="csrfmiddlewaretoken" value="jeton"' in html
        assert html.count("<button") == 1
        assert html.count('role="status"') == 2

    def test_without_anything_to_take_back(self):
        request = RequestFactory().get("/")
        request.session = {}
        request._messages = FallbackStorage(request)
        say_done(request, "Enregistré.")
        assert "<button" not in show("{% flash_messages %}", messages=request._messages)


class TestConfirmation:
    SOURCE = """{% confirmation action="Fermer" back="/c/" danger=True name="sure" value="1" refusal=refusal %}
        <p>Ce qui se passe</p>{% endconfirmation %}"""

    def test_says_what_it_does_and_the_way_back(self):
        request = RequestFactory().get("/c/fermer/")
        html = show(self.SOURCE, request=request, csrf_token="jeton", refusal=None)
        assert '<form class="bv-confirm" method="post" action="/c/fermer/"' in html
        assert 'value="jeton"' in html
        assert 'btn-danger" type="submit" name="sure" value="1"' in html
        assert '<a class="btn btn-outline-secondary" href="/c/">' in html
        assert 'role="alert"' not in html

    def test_a_refusal_is_said_first(self):
        html = show(self.SOURCE, request=RequestFactory().get("/"), refusal="Un <appel> est en cours.")
        assert html.index("Un &lt;appel&gt; est en cours.") < html.index("<form")
        assert 'role="alert"' in html
