"""Sweeps over configurations: many runs from one command, through Hydra's launchers, complete or absent each.

expand  arguments → the arguments and the checked configuration of each run
record  what is meant to run, written down before the first job
run     a whole sweep: what is complete stays, the rest is launched, and what became of it
launch  the runs that are not complete → jobs, through a launcher of Hydra
job     what a job does: make runs, one after another
states  what became of each run, read from its folder
"""
