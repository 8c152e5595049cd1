"""Files of PINK 2: images, self-organizing maps, mappings and transformations; images of PINK 1 are read too."""

from skysieve.io.pink.images import PinkImages, read_pink_images, write_pink_images
from skysieve.io.pink.layouts import PinkLayout
from skysieve.io.pink.maps import PinkMap, read_pink_map, write_pink_map
from skysieve.io.pink.soms import PinkSom, read_pink_som, write_pink_som
from skysieve.io.pink.transforms import PinkTransforms, read_pink_transforms, write_pink_transforms

__all__ = [
    "PinkImages",
    "PinkLayout",
    "PinkMap",
    "PinkSom",
    "PinkTransforms",
    "read_pink_images",
    "read_pink_map",
    "read_pink_som",
    "read_pink_transforms",
    "write_pink_images",
    "write_pink_map",
    "write_pink_som",
    "write_pink_transforms",
]
