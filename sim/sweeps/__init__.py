"""Sweeps over configurations: many runs from one command, through Hydra's launchers, complete or absent each.

expand  arguments → the arguments and the checked configuration of each run
record  what is meant to run, written down before the first job, and the state of each run, read from its folder
run     a whole sweep: keeps complete runs, launches the rest and reports their states
launch  the runs that are not complete → jobs, through a launcher of Hydra
job     one job: makes runs, one after another
"""
