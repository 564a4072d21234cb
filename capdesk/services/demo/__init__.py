"""The demo: a believable desk, as a plan and as the source files that tell it."""
