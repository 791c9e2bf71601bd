"""`python -m experiments.mutation`."""

import sys

from experiments.mutation.command import main

if __name__ == "__main__":
    sys.exit(main())
