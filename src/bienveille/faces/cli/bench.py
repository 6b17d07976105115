"""`bench`: measures one figure of the design against its limit, in the same run, on this machine."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path

NAME = "bench"
HELP = "mesure une opération et la compare, dans le même essai, à la limite de cette machine"

# A benchmark is known by the name of its module; `import` is a word of Python.
_KEYWORD_SUFFIX = "_"
_NOT_BENCHMARKS = {"bare", "scratch", "population", "touches", "web_load"}
_ROOT = Path(__file__).resolve().parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = sorted(known())
    parser.add_argument("name", metavar="NOM", choices=names, help=f"parmi : {', '.join(names)}")
    parser.add_argument("--rows", type=int, help="combien de lignes (par défaut, celles de l’objectif)")
    parser.add_argument("--runs", type=int, help="combien d’essais")
    parser.add_argument("--kills", type=int, help="crowd : combien de processus d’appelants tuer en route")
    parser.add_argument("--stops", type=int, help="messages\u00a0: combien arrêter plus longtemps que leur bail")
    parser.add_argument("--callers", type=int, help="callers : combien de programmes d’appelants")
    parser.add_argument("--json", action="store_true", help="écrire un document JSON, seul, sur la sortie")


def known() -> dict[str, str]:
    """Name typed → module, for every benchmark of the folder."""
    modules = [module.name for module in pkgutil.iter_modules([str(_ROOT / "benchmarks")])]
    wanted = [name for name in modules if name not in _NOT_BENCHMARKS]
    return {name.removesuffix(_KEYWORD_SUFFIX).replace("_", "-"): name for name in wanted}


def run(options: argparse.Namespace) -> int:
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    module = importlib.import_module(f"benchmarks.{known()[options.name]}")
    given = {key: getattr(options, key) for key in ("rows", "runs", "kills", "stops", "callers")}
    arguments = {key: value for key, value in given.items() if value is not None}
    figure = module.run(**arguments)
    if options.json:
        print(json.dumps(figure))
    else:
        print(
            f"{figure['name']} : {figure['ours']} {figure['unit']}, limite {figure['limit']}, "
            f"rapport {figure['ratio']} ({figure['runs']} essais)"
        )
        for key in figure.keys() - {"name", "ours", "limit", "unit", "ratio", "runs"}:
            print(f"  {key} = {figure[key]}")
    return 0
