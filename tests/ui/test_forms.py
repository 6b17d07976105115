"""Fields and choices: label, help, error, control; what was typed is kept."""

import re

from django import forms
from tests.ui.showing import show

from bienveille.ground.ui.forms import SampleForm


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
