"""Every component renders what its documentation says, escapes what it is given, and stands in the gallery."""

import inspect
import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from bienveille.ground.ui import rules, views
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.forms import SampleForm
from bienveille.ground.ui.templatetags import french
from bienveille.ground.ui.templatetags import ui as library

N = "\u00a0"
TAGS = sorted(library.register.tags)


def show(source: str, **context) -> str:
    return Template("{% load ui french %}" + source).render(Context(context)).strip()


def gallery_source() -> str:
    return get_template("ui/gallery.html").template.source


def gallery_html(query: str = "") -> str:
    request = RequestFactory().get(f"/composants/{query}")
    request.user = AnonymousUser()
    response = views.gallery(request)
    assert response.status_code == 200
    return response.content.decode()


def documented(name: str):
    found = [f for module in library_modules() for f in vars(module).values() if getattr(f, "__name__", "") == name]
    return next(f for f in found if inspect.isfunction(f))


def library_modules():
    return [getattr(library, name) for name in library.__all__ if name != "register"]


class TestTheLibrary:
    @pytest.mark.parametrize("name", TAGS)
    def test_every_tag_is_documented_and_takes_keywords_only(self, name):
        function = documented(name)
        assert f"{{% {name}" in inspect.getdoc(function) or f"{{% {name} " in inspect.getdoc(function)
        named = [p for p in inspect.signature(function).parameters.values() if p.name not in ("content", "context")]
        assert all(p.kind is p.KEYWORD_ONLY for p in named)

    @pytest.mark.parametrize("name", sorted(set(TAGS) - {"key_attributes"}))
    def test_every_tag_is_in_the_gallery(self, name):
        source = gallery_source() + get_template("ui/base.html").template.source
        assert re.search(rf"{{%\s*{name}\b", source)

    @pytest.mark.parametrize("name", sorted(french.register.filters))
    def test_every_filter_is_documented(self, name):
        assert f"|{name}" in french.register.filters[name].__doc__


class TestTheGallery:
    def test_it_has_one_title_and_unique_ids(self):
        html = gallery_html()
        assert html.count("<h1") == 1
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert sorted(ids) == sorted(set(ids))

    def test_every_reference_points_somewhere(self):
        html = gallery_html()
        ids = set(re.findall(r'\sid="([^"]+)"', html))
        wanted = set()
        for value in re.findall(r'\saria-(?:labelledby|describedby)="([^"]+)"', html):
            wanted |= set(value.split())
        wanted |= set(re.findall(r'<a href="#([^"]+)"', html)) | set(re.findall(r'\sfor="([^"]+)"', html))
        assert wanted - ids == set()


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


class Small(forms.Form):
    phone = forms.CharField(label="Téléphone", help_text="Dix chiffres.", min_length=10)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(label="Qui\u00a0?", choices=[("", "Choisir"), ("a", "A")])
    agreed = forms.BooleanField(label="D’accord", required=False)
    outcome = forms.ChoiceField(
        label="Issue", choices=[("", "-"), ("r", "Jointe"), ("n", "Absente"), ("w", "Faux")], widget=forms.RadioSelect
    )


class TestForms:
    def test_help_then_error_then_control_and_what_was_typed_is_kept(self):
        form = Small({"phone": "06 39"})
        html = show("{% field field=form.phone %}", form=form)
        places = [html.index(part) for part in ("<label", 'id="id_phone_help"', 'id="id_phone_error"', "<input")]
        assert places == sorted(places)
        assert 'value="06 39"' in html
        assert 'aria-describedby="id_phone_help id_phone_error"' in html
        assert 'aria-invalid="true"' in html
        assert "is-invalid" in html

    def test_without_error_nothing_is_said(self):
        html = show("{% field field=form.phone %}", form=Small())
        assert "invalid" not in html
        assert 'aria-describedby="id_phone_help"' in html

    def test_optional_is_said_required_is_not(self):
        assert "(facultatif)" in show("{% field field=form.note %}", form=Small())
        assert "(facultatif)" not in show("{% field field=form.phone %}", form=Small())

    def test_each_kind_of_control(self):
        form = Small()
        assert 'class="form-control"' in show("{% field field=form.note %}", form=form)
        assert 'class="form-select"' in show("{% field field=form.kind %}", form=form)
        assert '<label class="form-check"><input' in show("{% field field=form.agreed %}", form=form)
        assert "<fieldset" in show("{% field field=form.outcome %}", form=form)
        hidden = show("{% field field=form.idempotency_key %}", form=SampleForm())
        assert hidden.startswith("<input")
        assert "hidden" in hidden

    def test_choices_leave_out_the_empty_one_and_fold_the_rest(self):
        html = show('{% choices field=form.outcome shown=1 more="Autres" numbered=True %}', form=Small())
        assert html.count('type="radio"') == 3
        assert '<details class="bv-more"><summary>Autres</summary>' in html
        assert 'data-bv-key="alt+1"' in html

    def test_a_folded_choice_that_was_made_is_seen(self):
        html = show("{% choices field=form.outcome shown=1 %}", form=Small({"outcome": "w"}))
        assert '<details class="bv-more" open>' in html
        assert re.search(r'value="w"[^>]* checked', html)

    def test_choices_say_their_error_inside_the_group(self):
        html = show("{% choices field=form.outcome %}", form=Small({}))
        assert '<fieldset class="bv-field" aria-describedby="id_outcome_error"' in html
        assert html.index("id_outcome_error") < html.index("<input")

    def test_grades_are_shown_as_grades(self):
        html = show(
            "{% choices field=form.grade grades=True hints=hints %}", form=SampleForm(), hints={"red": "Danger"}
        )
        assert html.count("bv-grade ") == 4
        assert "<small>Danger</small>" in html

    def test_error_summary_leads_to_each_control(self):
        form = Small({"phone": "06"})
        html = show("{% error_summary form=form %}{% for f in form %}{% field field=f %}{% endfor %}", form=form)
        assert "Trois points à corriger, rien n’est perdu" in html
        targets = re.findall(r'<li><a href="#([^"]+)"', html)
        assert targets == ["id_phone", "id_kind", "id_outcome_1"]
        for target in targets:
            assert f'id="{target}"' in html

    def test_error_summary_is_silent_without_error(self):
        assert show("{% error_summary form=form %}", form=Small()) == ""

    def test_an_error_of_the_whole_form_is_listed(self):
        form = Small({"phone": "0639980417", "kind": "a", "outcome": "r"})
        form.is_valid()
        form.add_error(None, "Cette fiche a changé entre-temps.")
        html = show("{% error_summary form=form %}", form=form)
        assert "Un point à corriger" in html
        assert "Cette fiche a changé entre-temps." in html

    def test_conditional_question_is_only_marked(self):
        html = show('{% field field=form.note show_if="outcome=r|n" %}', form=Small())
        assert 'data-bv-show-if="outcome=r|n"' in html
        assert "hidden" not in html


class TestBase:
    def render(self, **context):
        request = RequestFactory().get("/appeler/?q=a")
        request.user = SimpleNamespace(is_authenticated=True, pk="018f", display_name="Josiane T.")
        request.COOKIES |= context.pop("cookies", {})
        return render_to_string("ui/base.html", {"request": request, "csrf_token": "jeton", **context})

    def test_navigation(self):
        entries = [
            {"label": "Appeler", "url": "/appeler/", "current": True},
            {"label": "Rappels", "url": "/rappels/", "current": False, "count": 3},
        ]
        html = self.render(navigation=entries)
        assert html.count('<a href="/appeler/" aria-current="page">') == 2
        assert '<span class="bv-count">3<span class="visually-hidden"> à traiter</span></span>' in html
        assert "Josiane T." in html
        assert 'data-bv-user="018f"' in html

    def test_it_is_french_has_a_way_to_the_content_and_one_main(self):
        html = self.render(navigation=[])
        assert '<html lang="fr">' in html
        assert 'href="#contenu"' in html
        assert html.count("<main") == 1
        assert "data-bv-offline" in html

    def test_what_the_bar_has_no_room_for_is_behind_a_word(self):
        entry = {"label": "Imports", "url": "/imports/", "current": True, "count": 0, "more": True}
        html = self.render(navigation=[{**entry, "label": "Aide", "url": "/aide/", "current": False}, entry])
        assert (
            html.count('<a href="/imports/" aria-current="page">') == 2
        )  # behind « Plus », and in the menu of a phone
        assert f'Plus<span class="visually-hidden">, page actuelle{N}: Imports</span>' in html
        assert "data-current" in html
        assert "Plus" not in self.render(navigation=[{**entry, "more": False}])

    @pytest.mark.parametrize(
        ("cookie", "attribute"),
        [("dark", ' data-bs-theme="dark"'), ("light", ' data-bs-theme="light"'), ("", ""), ('"><b>', "")],
    )
    def test_the_theme_is_the_one_chosen(self, cookie, attribute):
        html = self.render(navigation=[], cookies={"theme": cookie})
        assert f'<html lang="fr"{attribute}>' in html
        assert html.count('aria-pressed="true"') == 1
        assert '<input type="hidden" name="next" value="/appeler/?q=a">' in html

    def test_the_end_of_the_session_is_told_to_whom_has_one(self):
        assert 'data-bv-left="1750"' in self.render(navigation=[], session_left=1750)
        assert "<dialog" not in self.render(navigation=[])

    def test_each_page_leads_to_the_accessibility_page(self):
        assert f'<a href="/accessibilite/">Accessibilité{N}: non conforme</a>' in self.render(navigation=[])


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


class TestPages:
    def post(self, **data):
        return views.theme(RequestFactory().post("/apparence/", data))

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_a_theme_is_kept_and_one_goes_back(self, theme):
        response = self.post(theme=theme, next="/campagnes/?page=2")
        assert response["Location"] == "/campagnes/?page=2"
        cookie = response.cookies["theme"]
        assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (theme, True, "Lax")

    @pytest.mark.parametrize("theme", ["device", "", "<b>"])
    def test_the_device_decides_again(self, theme):
        assert self.post(theme=theme).cookies["theme"].value == ""

    @pytest.mark.parametrize("after", ["https://ailleurs.example/", "//ailleurs.example", "javascript:x", ""])
    def test_one_never_goes_elsewhere(self, after):
        assert self.post(theme="dark", next=after)["Location"] == "/"

    def test_a_theme_is_not_chosen_by_a_link(self):
        assert views.theme(RequestFactory().get("/apparence/?theme=dark")).status_code == 405

    def test_the_accessibility_page_hides_nothing(self):
        request = RequestFactory().get("/accessibilite/")
        request.user = AnonymousUser()
        html = views.accessibility(request).content.decode()
        for words in ["non conforme", "Aucun audit", "Ce qui manque", "Défenseur des droits", "21 novembre 2026"]:
            assert words in html


class TestErrorPages:
    @pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
    def test_they_need_neither_request_nor_database(self, name):
        html = render_to_string(f"{name}.html")
        assert html.count("<h1") == 1
        assert "data-bv-error" in html
        assert re.search(r"<title>[^<]+ – Bienveille</title>", html)

    @pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
    def test_they_are_calm(self, name):
        html = render_to_string(f"{name}.html")
        text = re.sub(r"<[^>]+>", " ", html[html.index("<main") :])
        assert not re.search(r"!|oups|erreur interne|exception|interdit", text, re.I)
