"""Which exposures are usable, and if not, why, where, and at what cost."""
