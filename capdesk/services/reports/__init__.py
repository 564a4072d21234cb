"""Read models of the ledger, and how they are shown."""
