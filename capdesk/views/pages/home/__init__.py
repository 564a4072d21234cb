"""The desk: where capital stands, seen in ten seconds."""
