"""Bands as the command line names them."""


def split_band(text: str) -> tuple[str, str]:
    """Turn ``NAME=FILE`` into its two parts."""
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise ValueError(f"--band {text}: write it as NAME=FILE, for example --band r=night1_r.fits")
    return name, file
