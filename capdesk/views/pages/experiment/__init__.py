"""One experiment: what was planned, what it spent, what that bought, and what was decided."""
