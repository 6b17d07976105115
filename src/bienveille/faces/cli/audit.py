"""`audit head`: the last seal of the audit log, to be kept elsewhere. `audit verify`: what was rewritten since."""

import argparse
import re
from pathlib import Path

from bienveille.ground.platform.refusal import Refusal

NAME = "audit"
HELP = "scelle le journal d’audit et dit si quelqu’un l’a récrit"
#: Sentences printed before the rest is only counted.
MOST_SHOWN = 200


class NotAHead(Refusal):
    """What was typed after --head is no head."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"«\u00a0{text}\u00a0» n’est pas un sceau\u00a0: attendu NUMÉRO:EMPREINTE (voir «\u00a0audit head\u00a0»)."
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.faces.cli.french import Parser

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    words = "scelle ce qui ne l’est pas encore et donne le dernier sceau, à garder ailleurs"
    actions.add_parser("head", help=words, description=words)
    words = "relit tout le journal et dit ce qui a été modifié, supprimé, ajouté, échangé ou tronqué"
    verify = actions.add_parser("verify", help=words, description=words)
    verify.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="N:EMPREINTE",
        help="sceau gardé ailleurs (plusieurs fois si besoin)",
    )


def run(options: argparse.Namespace) -> int:
    """`head`: « N:hash » alone on standard output. `verify`: sentences; 1 when something was rewritten."""
    return _head() if options.action == "head" else _verify(options.head)


def _head() -> int:
    from django.utils import timezone

    from bienveille.register.accounts import operations, queries

    for seal in operations.seal_lines(now=timezone.now()):
        operations.publish_head(seal)
    head = queries.audit_head()
    if head is None:
        print("Aucune trace n’est encore scellée.")
        return 1
    print(f"{head.number}:{head.hash}")
    return 0


def _verify(given: list[str]) -> int:
    from django.conf import settings

    from bienveille.ground.lib.typography import number
    from bienveille.register.accounts import queries

    heads = read_heads(Path(settings.AUDIT_HEADS), given)
    verdict = queries.verify_audit(heads)
    for sentence in verdict.faults[:MOST_SHOWN]:
        print(sentence)
    if len(verdict.faults) > MOST_SHOWN:
        print(f"… et {number(len(verdict.faults) - MOST_SHOWN)} autres.")
    print(
        f"{number(verdict.lines)} traces relues sous {number(verdict.seals)} sceaux, {number(verdict.unsealed)} pas "
        f"encore scellées, {number(verdict.erased)} effacées à leur terme, {number(len(heads))} sceaux comparés."
    )
    if verdict.faults:
        print("Le journal a été récrit.")
        return 1
    if not heads:
        print("Rien ne manque, mais aucun sceau gardé ailleurs n’a été comparé\u00a0: donnez-en un avec --head.")
    else:
        print("Le journal est intact.")
    return 0


def read_heads(published: Path, given: list[str]) -> dict[int, set[str]]:
    """The heads of the file, where there is one, and those given, by number of their seal. Raises NotAHead."""
    lines = published.read_text(encoding="ascii").splitlines() if published.exists() else []
    heads: dict[int, set[str]] = {}
    for text in [*(line.replace(" ", ":", 1).partition(" ")[0] for line in lines if line.strip()), *given]:
        known = re.fullmatch(r"([1-9][0-9]*):([0-9a-f]{64})", text)
        if known is None:
            raise NotAHead(text)
        heads.setdefault(int(known[1]), set()).add(known[2])
    return heads
