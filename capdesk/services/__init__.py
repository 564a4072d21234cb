"""What capdesk does: one file per verb-noun; no Qt, no commits, no globals."""
