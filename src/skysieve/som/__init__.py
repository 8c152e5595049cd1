"""Self-organizing maps: lattices, neighborhoods, and one engine for vectors and for images in all orientations."""
