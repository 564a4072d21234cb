"""The settings: one section for each thing the owner sets, side by side with how it is now."""
