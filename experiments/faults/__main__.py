"""Run the command line: `python -m experiments.faults`."""

from experiments.faults.command import main

raise SystemExit(main())
