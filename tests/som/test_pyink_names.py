"""The table that leads from PYINK's names to ours names what is there."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "migrate-from-pyink.md"
NAMES = sorted(set(re.findall(r"`(skysieve\.[a-z_.]+[A-Za-z_]+)", PAGE.read_text(encoding="utf-8"))))

PYINK = """
ImageWriter ImageReader SOM SOMWriter Mapping Transform SOMSet header_offset resolve_data_type pink_spatial_transform
compute_distances_between_valid_pixels distances_between_valid_pixels valid_region area_ratio PathHelper rms_estimate
minmax square_mask circular_mask island_segmentation convex_hull convex_hull_smoothed Annotation Annotator ANT_SUFFIX
trim_neuron plot_image CoordinateTransformer Filter FilterSet LabelResolve Action Sorter Grouper greedy_graph SkyPath
create_separation_set maximum_distance shortest_path_between SOMSampler plot_neuron explore plot bmu bmu_counts bmu_ed
bmu_mask images_with_bmu map_labels coherence worst_matches srcrange transform_images reweight records som_shape
som_rank neuron_shape neuron_rank neuron_size
"""


@pytest.mark.parametrize("name", NAMES)
def test_each_name_of_the_table_exists(name):
    parent, _, last = name.rpartition(".")
    module = importlib.import_module(parent)
    if last not in vars(module):
        importlib.import_module(name)


@pytest.mark.parametrize("name", PYINK.split())
def test_each_public_name_of_pyink_is_in_the_table(name):
    assert re.search(rf"`[^`|]*\b{name}\b[^`|]*`[^|\n]*\|", PAGE.read_text(encoding="utf-8"))
