"""What is typed of partners: types and shapes; what it means is decided by the operations."""

from typing import Any

from django import forms

from bienveille.engines.questionnaires.choices import Need
from bienveille.register.partners.choices import Cost, Extent
from bienveille.register.partners.operations import PartnerFacts, ServiceFacts
from bienveille.register.partners.rules import read_partner_phone

_PHONE = "Dix chiffres, par exemple 04 72 00 00 00, ou un numéro court comme 39 77."


class PartnerPhoneField(forms.CharField):
    """A number that a partner answers, in E.164, or a short one."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "tel", "autocomplete": "off"}
        super().__init__(max_length=40, required=False, widget=forms.TextInput(attrs=attributes), **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        phone = read_partner_phone(text) if text else ""
        if text and not phone:
            raise forms.ValidationError(f"Ce numéro n’est pas utilisable. {_PHONE}")
        return phone


def _email(label: str) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Écrivez une adresse complète, par exemple contact@exemple.fr."},
    )


class PartnerNotesForm(forms.Form):
    """What the staff should know before calling a partner."""

    notes = forms.CharField(
        label="À savoir avant d’appeler",
        help_text="Pour les équipes seulement, 600 caractères au plus. Rien sur un locataire.",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Cette note est trop longue\u00a0: 600 caractères au plus."},
    )


class PartnerForm(PartnerNotesForm):
    """Who helps, and how to reach them."""

    nom = forms.CharField(
        label="Nom du partenaire",
        min_length=3,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Donnez le nom du partenaire.",
            "min_length": "Ce nom est trop court.",
            "max_length": "Ce nom est trop long.",
        },
    )
    commune = forms.CharField(
        label="Commune",
        help_text="Son nom en entier, ou son code postal.",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Dites dans quelle commune il se trouve."},
    )
    adresse = forms.CharField(label="Numéro et rue", max_length=300, required=False)
    telephone = PartnerPhoneField(label="Téléphone", help_text=_PHONE)
    courriel = _email("Adresse électronique")
    site_web = forms.URLField(
        label="Site Internet",
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez une adresse de site complète, par exemple www.exemple.fr."},
    )
    horaires_accueil = forms.CharField(
        label="Horaires",
        help_text="Par exemple\u00a0: du lundi au vendredi, de 9 h à 12 h.",
        max_length=300,
        required=False,
    )
    field_order = (
        "nom", "commune", "adresse", "telephone", "courriel", "site_web", "horaires_accueil", "notes",
    )  # fmt: skip

    def facts(self) -> PartnerFacts:
        return PartnerFacts(**self.cleaned_data)


class ServiceForm(forms.Form):
    """What a partner does, for which needs, for whom lives where."""

    nom = forms.CharField(
        label="En quelques mots",
        help_text="Par exemple «\u00a0Portage de repas\u00a0».",
        min_length=3,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Dites ce que ce partenaire propose.",
            "min_length": "Ces mots sont trop courts.",
            "max_length": "Ces mots sont trop longs.",
        },
    )
    description = forms.CharField(
        label="Plus précisément",
        help_text="Ce qui est fait, quand, comment en bénéficier.",
        min_length=5,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Décrivez en une phrase ce qui est fait.",
            "min_length": "Décrivez en une phrase ce qui est fait.",
            "max_length": "Ce texte est trop long\u00a0: 2 000 caractères au plus.",
        },
    )
    needs = forms.MultipleChoiceField(
        label="À quels besoins cela répond",
        choices=Need.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un besoin."},
    )
    extent = forms.ChoiceField(
        label="Pour les habitants de",
        choices=Extent.choices,
        initial=Extent.COMMUNE.value,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites pour qui c’est."},
    )
    communes = forms.CharField(
        label="Quelles communes",
        help_text="Leurs noms ou codes postaux, séparés par des virgules.",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    frais = forms.ChoiceField(label="Coût", choices=[("", "Non connu"), *Cost.choices], required=False)
    conditions_acces = forms.CharField(
        label="Conditions",
        help_text="Par exemple\u00a0: à partir de 65 ans.",
        max_length=500,
        required=False,
    )
    telephone = PartnerPhoneField(label="Téléphone de ce service", help_text="S’il n’est pas celui du partenaire.")
    courriel = _email("Adresse électronique de ce service")

    def facts(self) -> ServiceFacts:
        return ServiceFacts(**self.cleaned_data)
