"""Map a stage over many items, on one machine or a cluster, so that a killed run resumes where it stopped."""

from skysieve.execution.cluster import prepare_workers
from skysieve.execution.ledger import Ledger, open_ledger
from skysieve.execution.mapping import map_items
from skysieve.execution.product import Outcome, Product, ProductFile, make_product
from skysieve.execution.recipe import ExecutionRecipe, SlurmRecipe
from skysieve.execution.threads import limit_threads

__all__ = [
    "ExecutionRecipe",
    "Ledger",
    "Outcome",
    "Product",
    "ProductFile",
    "SlurmRecipe",
    "limit_threads",
    "make_product",
    "map_items",
    "open_ledger",
    "prepare_workers",
]
