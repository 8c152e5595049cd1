"""One self-contained HTML page a run, from previews drawn beside the measurement."""

from skysieve.report.page import RunSummary, write_report
from skysieve.report.preview import Preview, read_preview, write_preview
from skysieve.report.previews import draw_preview

__all__ = ["Preview", "RunSummary", "draw_preview", "read_preview", "write_preview", "write_report"]
