"""`python -m passerelle` is the command line."""

from passerelle.cli.main import main

main()
