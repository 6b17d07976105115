"""`notes state`: which keys seal the words that people wrote. `notes rotate`: all of them sealed with the first one."""

from __future__ import annotations

import argparse

NAME = "notes"
HELP = "dit quelles clés scellent les notes, et passe de l’ancienne clé à la nouvelle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.faces.cli.french import Parser

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    words = "dit quelle clé scelle et combien de textes restent sous les anciennes"
    actions.add_parser("state", help=words, description=words)
    words = "scelle avec la première clé de NOTES_KEY tout ce que les autres avaient scellé\u00a0; arrêté, il reprend"
    actions.add_parser("rotate", help=words, description=words)


def run(options: argparse.Namespace) -> int:
    return _state() if options.action == "state" else _rotate()


def _state() -> int:
    from bienveille.ground.lib.typography import number
    from bienveille.ground.platform.sealed_keys import left_to_rotate, probes_here
    from bienveille.ground.platform.sealed_text import current_key, keys_here

    older = sorted(probes_here().keys() - {current_key()})
    print(f"Clé qui scelle\u00a0: {current_key()}.")
    if older:
        print(f"Anciennes clés encore employées\u00a0: {', '.join(older)} ({number(left_to_rotate())} textes).")
        print("  «\u00a0bienveille notes rotate\u00a0» les passe à la nouvelle.")
    elif spare := keys_here()[1:]:
        print(f"Ne servent plus ici\u00a0: {', '.join(spare)}. Gardez-les tant que vivent les copies faites avec.")
    return 0


def _rotate() -> int:
    from bienveille.ground.lib.typography import number
    from bienveille.ground.platform.progress import counter
    from bienveille.ground.platform.sealed_keys import left_to_rotate, probes_here, rotate
    from bienveille.ground.platform.sealed_text import current_key
    from bienveille.register.accounts.choices import AuditAction
    from bienveille.register.accounts.operations import record_audit

    before, done = sorted(probes_here().keys() - {current_key()}), 0
    with counter("Textes scellés de nouveau", total=left_to_rotate() or None) as bar:
        for count in rotate():
            bar.update(count)
            done += count
    left = left_to_rotate()
    if done or before:
        record_audit(
            actor=None,
            action=AuditAction.NOTES_KEY,
            reason="Notes scellées avec une autre clé",
            detail={"from": before, "to": current_key(), "count": done, "left": left},
        )
    print(f"Scellés avec la clé {current_key()}\u00a0: {number(done)} textes.")
    if left:
        print(f"  {number(left)} viennent d’être scellés avec l’ancienne\u00a0: redémarrez partout, puis recommencez.")
        return 1
    print("  Les anciennes clés ne servent plus ici. Gardez-les tant que vivent les copies faites avec.")
    return 0
