"""`python -m experiments.faults`."""

import sys

from experiments.faults.command import main

if __name__ == "__main__":
    sys.exit(main())
