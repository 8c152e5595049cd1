"""Is a source a star: a calibrated probability from shape against the PSF."""
