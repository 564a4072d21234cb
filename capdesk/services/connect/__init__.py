"""Connecting an account: it is tried first, its first figures are shown, and only then is anything kept."""
