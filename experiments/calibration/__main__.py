"""Run the command line: `python -m experiments.calibration`."""

from experiments.calibration.command import main

raise SystemExit(main())
