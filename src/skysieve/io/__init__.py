"""The only doors between disk and records."""
