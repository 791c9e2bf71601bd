"""`python -m experiments.calibration`."""

import sys

from experiments.calibration.command import main

if __name__ == "__main__":
    sys.exit(main())
