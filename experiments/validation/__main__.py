"""Run the command line: `python -m experiments.validation`."""

from experiments.validation.command import main

raise SystemExit(main())
