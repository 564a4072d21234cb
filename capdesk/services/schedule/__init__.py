"""Running by itself: the operating system starts `capdesk schedule run` now and then, which does what is due.

plan.py says what the system is asked for, render_*.py write it in each scheduler's words, on_*.py hand it over,
run.py is one firing.
"""
