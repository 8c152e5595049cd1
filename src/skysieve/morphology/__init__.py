"""Morphology from maps of images: prepare, annotate, transfer labels, collate components into sources."""
