"""Trains the small networks that Eastgate ships. See ../README.md; nothing of this runs on a box."""
