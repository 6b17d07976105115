"""Partners of the demo that somebody keeps by hand, beside those of its directory: recent, old, closed."""

from dataclasses import replace
from datetime import date, timedelta

from bienveille.register.accounts.models import User
from bienveille.register.partners.choices import Extent
from bienveille.register.partners.operations import (
    PartnerFacts,
    ServiceFacts,
    add_service,
    close_partner,
    create_partner,
)
from bienveille.register.partners.queries import communes_served, directory

#: (who, what they do, how many days ago somebody checked it)
OWN = (
    (
        PartnerFacts(
            nom="Les Voisins solidaires",
            commune="",
            adresse="3 place des Tilleuls",
            telephone="+33465710131",
            courriel="contact@voisins-solidaires.example",
            horaires_accueil="Du lundi au vendredi, de 9 h à 12 h",
            notes="Demander l’accueil. Répondent vite le matin\u00a0; dire que l’appel vient du bailleur.",
        ),
        ServiceFacts(
            nom="Visites de convivialité",
            description="Un bénévole passe une heure chaque semaine, toujours le même.",
            needs=["company", "shopping"],
            extent=Extent.EPCI,
            frais="gratuit",
            conditions_acces="À partir de 65 ans",
        ),
        12,
    ),
    (
        PartnerFacts(
            nom="Régie de quartier du Fleuve",
            commune="",
            telephone="+33465710132",
            horaires_accueil="Mo-Fr 08:30-12:00,14:00-17:00; PH off",
        ),
        ServiceFacts(
            nom="Petits travaux et ménage",
            description="Ménage, vitres, ampoules, petites réparations, par des salariés en insertion.",
            needs=["home_help", "home_repair"],
            extent=Extent.COMMUNE,
            frais="payant",
        ),
        240,
    ),
    (
        PartnerFacts(nom="Salle fraîche des Aînés", commune="", telephone="+33465710133"),
        ServiceFacts(
            nom="Salle rafraîchie l’été",
            description="Une salle à 24 degrés, de l’eau et quelqu’un à qui parler, l’après-midi en juillet et août.",
            needs=["cooling", "company"],
            frais="gratuit",
        ),
        800,
    ),
)


def add_some(actor: User, today: date) -> None:
    """Three partners kept by hand in the first communes of the demo, and one that is closed. Harmless twice."""
    places = [code for code, _ in communes_served()]
    if not places or directory(on=today, own=True).exists():
        return
    for rank, (partner, service, days) in enumerate(OWN):
        facts = replace(partner, commune=places[rank % len(places)])
        made = create_partner(actor=actor, partner=facts, service=service, today=today - timedelta(days=days))
        if not rank:
            ride = ServiceFacts(
                nom="Accompagnement aux rendez-vous",
                description="Un bénévole vient chercher la personne et la raccompagne.",
                needs=["mobility"],
                extent=Extent.DEPARTMENT,
            )
            add_service(actor=actor, structure=made, service=ride, today=today - timedelta(days=days))
    closed = PartnerFacts(nom="Épicerie du Canal", commune=places[0], telephone="+33465710134")
    food = ServiceFacts(nom="Colis alimentaires", description="Un colis chaque quinzaine.", needs=["shopping"])
    made = create_partner(actor=actor, partner=closed, service=food, today=today - timedelta(days=400))
    close_partner(actor=actor, structure=made, today=today - timedelta(days=30))
