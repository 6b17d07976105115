"""`python -m bienveille`: the command line; nothing else."""

import sys

from bienveille.faces.cli.main import main

if __name__ == "__main__":  # a process that types an import's rows loads this module under another name
    sys.exit(main(sys.argv[1:]))
