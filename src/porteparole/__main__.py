"""`python -m porteparole` is the command line."""

from .cli import main

main()
