"""The command line: a file for each command. Nobody imports it."""

from passerelle.cli import own_packages

own_packages.refuse_others()
