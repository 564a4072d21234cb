"""`python -m capdesk`."""

from capdesk.cli import main

main()
