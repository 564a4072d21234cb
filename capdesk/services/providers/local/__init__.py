"""Servers on 127.0.0.1 that speak the providers' own wire formats: for tests, the demo, and whoever has no account."""
