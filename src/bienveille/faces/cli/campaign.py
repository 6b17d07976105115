"""`campaign`: prepare, open, follow and close a campaign from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from uuid import UUID

from bienveille.faces.cli.lists import add_arguments as add_list_arguments
from bienveille.faces.cli.lists import write_lists

NAME = "campaign"
HELP = "préparer, ouvrir, suivre et fermer une campagne d’appels"
READS_DEMO_TOO = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="préparer une campagne décrite dans un fichier TOML")
    new.add_argument("--from", dest="source", required=True, metavar="FICHIER.toml", help="le document de la campagne")
    new.add_argument("--json", action="store_true", help='écrire {"id": …} au lieu du seul identifiant')
    for name, text in (
        ("open", "choisir les ménages et commencer à les confier"),
        ("pause", "ne plus rien confier pour un temps"),
        ("resume", "reprendre après une pause"),
        ("close", "fermer pour de bon"),
        ("figures", "chiffres clés : appels, joints, besoins, par agence et par service"),
        ("ledger", "où en est chaque ménage : les états s’ajoutent à la cible"),
        ("check", "vérifier que rien n’est perdu ni doublé"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID", type=_identifier, help="identifiant de la campagne")
        action.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")
    lists = actions.add_parser("lists", help="les listes de la semaine, un fichier à remplir par appelant")
    lists.add_argument("id", metavar="ID", type=_identifier, help="identifiant de la campagne")
    lists.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")
    add_list_arguments(lists)
    listing = actions.add_parser("list", help="les campagnes, la plus récente d’abord")
    listing.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"« {text} » n’est pas un identifiant de campagne") from None


def run(options: argparse.Namespace) -> int:
    from django.utils.timezone import now

    from bienveille.services.outreach import operations
    from bienveille.services.outreach.queries import all_campaigns

    if options.action == "new":
        campaign = operations.create_campaign(document=_read(options.source), actor=None)
        print(json.dumps({"id": str(campaign.pk)}) if options.json else campaign.pk)
        return 0
    if options.action == "list":
        return _list(all_campaigns(), as_json=options.json)
    campaign = _find(options.id)
    match options.action:
        case "open":
            target = operations.open_campaign(campaign_id=campaign.pk, actor=None, now=now())
            _tell(options.json, {"id": str(campaign.pk), "target": target}, f"Campagne ouverte : {target} ménages.")
        case "pause" | "resume":
            paused = options.action == "pause"
            operations.pause_campaign(campaign_id=campaign.pk, actor=None, paused=paused)
            text = "Campagne en pause." if paused else "La campagne reprend."
            _tell(options.json, {"id": str(campaign.pk), "paused": paused}, text)
        case "close":
            operations.close_campaign(campaign_id=campaign.pk, actor=None, now=now())
            _tell(options.json, {"id": str(campaign.pk), "closed": True}, "Campagne fermée.")
        case "figures":
            return _figures(campaign, as_json=options.json)
        case "ledger":
            return _ledger(campaign, as_json=options.json)
        case "lists":
            return write_lists(options, campaign)
        case "check":
            return _check(campaign, as_json=options.json)
    return 0


def _read(source: str) -> dict[str, object]:
    """The TOML document, with a French sentence for each way in which it may not be one."""
    from bienveille.faces.cli.main import given_path
    from bienveille.ground.platform.refusal import Refusal

    path = given_path(source)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"Le fichier « {source} » n’existe pas.") from None
    except (OSError, UnicodeDecodeError):
        raise Refusal(f"Le fichier « {source} » ne se lit pas : un fichier TOML en UTF-8 est attendu.") from None
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"« {source} » n’est pas un fichier TOML valide : {error}.") from None


def _find(campaign_id: UUID):  # type: ignore[no-untyped-def]
    from bienveille.ground.platform.refusal import Refusal
    from bienveille.services.outreach.queries import find_campaign

    campaign = find_campaign(campaign_id)
    if campaign is None:
        raise Refusal("Aucune campagne ne porte cet identifiant. « ./bienveille campaign list » les donne.")
    return campaign


def _tell(as_json: bool, document: dict[str, object], sentence: str) -> None:
    print(json.dumps(document) if as_json else sentence)


def _list(campaigns, *, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    if as_json:
        rows = [{"id": str(c.pk), "name": c.name, "state": c.state, "target": c.queue.target} for c in campaigns]
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    if not campaigns:
        print("Aucune campagne pour l’instant.", file=sys.stderr)
    for campaign in campaigns:
        print(f"{campaign.pk}  {campaign.get_state_display():15}  {campaign.name}")
    return 0


def _figures(campaign, *, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    from bienveille.services.outreach.queries import figures

    numbers = figures(campaign)
    if as_json:
        print(json.dumps(numbers, ensure_ascii=False))
        return 0
    for line in figures_in_french(campaign.name, numbers):
        print(line)
    return 0


def figures_in_french(name: str, numbers: dict) -> list[str]:
    """The key figures as lines to read; the demo prints the same."""
    from bienveille.engines.questionnaires.choices import Need
    from bienveille.ground.lib.typography import counted, number, percent
    from bienveille.services.outreach.choices import Grade

    unreachable = sum(numbers["unreachable"].values())
    lines = [
        f"{name}",
        f"  {counted(numbers['targeted'], 'ménage à joindre', 'ménages à joindre')}, "
        f"{number(numbers['called'])} appelés, {counted(numbers['outgoing_calls'], 'appel')}",
        f"  {number(numbers['reached'])} joints ({percent(numbers['reached_share'], 1)} des ménages appelés), "
        f"{number(numbers['refused'])} refus, {number(unreachable)} injoignables",
        f"  {number(numbers['weekly_recurring'])} rappelés chaque semaine, "
        f"{counted(numbers['referrals'], 'situation confiée', 'situations confiées')}",
        "  Avis des appelants : "
        + ", ".join(f"{Grade(key).label.lower()} {number(n)}" for key, n in numbers["grades"].items()),
    ]
    needs = sorted(numbers["needs"].items(), key=lambda item: -item[1])
    if needs:
        lines.append("  Besoins : " + ", ".join(f"{Need(key).label.lower()} {number(n)}" for key, n in needs))
    for title, key in (("Par agence", "by_agency"), ("Par service", "by_service")):
        for place, part in numbers[key].items():
            lines.append(
                f"  {title} – {place} : {number(part['called'])} appelés, {number(part['outgoing_calls'])} appels, "
                f"{number(part['reached'])} joints ({percent(part['reached_share'], 0)})"
            )
    return lines


def _ledger(campaign, *, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    from bienveille.engines.dispatch.queries import ledger

    counted = ledger(campaign.queue)
    print(json.dumps(counted.as_json()) if as_json else ledger_in_french(campaign))
    return 0 if counted.adds_up else 1


def ledger_in_french(campaign) -> str:  # type: ignore[no-untyped-def]
    """« 500 ménages = 401 joints + 99 en attente »: the sum in figures, as the screens show it; nil parts left out."""
    from bienveille.engines.dispatch.queries import ledger
    from bienveille.ground.lib.typography import counted, number
    from bienveille.ground.ui.rules import ledger_parts

    states = ledger(campaign.queue)
    parts = [f"{number(part.count)} {part.label.lower()}" for part in ledger_parts(states.as_dict()) if part.count]
    return f"{counted(states.target, 'ménage')} = {' + '.join(parts) or '0'}"


def _check(campaign, *, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    from bienveille.engines.dispatch.queries import check_invariants

    faults = check_invariants(campaign.queue)
    if as_json:
        print(json.dumps({"faults": faults}))
    else:
        print("Le registre de la campagne est exact." if not faults else "\n".join(faults))
    return 1 if faults else 0
