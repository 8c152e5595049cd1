"""Injection and recovery on the image of the user: how far to believe a catalog."""
