"""The weekly email before and after it is sent, and the schedule that sends it."""
