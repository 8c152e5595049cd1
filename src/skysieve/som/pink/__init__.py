"""Runs of the PINK program: its files in, its files out, its answers."""
