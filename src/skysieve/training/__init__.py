"""One trainer for every capability: fit, resume, calibrate, export."""
