"""`python -m bienveille`: the command line; nothing else."""

import sys

from bienveille.faces.cli.main import main

sys.exit(main(sys.argv[1:]))
