"""PSF models on disk: a FITS cube of polynomial coefficients, or anyone's single stamp."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.records import PsfModel


def write_psf(path: Path, model: PsfModel) -> None:
    """Write a PSF model as a FITS cube, one plane a polynomial term, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.
    model : PsfModel
        Of finite ``fwhm``.

    Raises
    ------
    ValueError
        If ``fwhm`` is not finite, which a FITS header cannot hold.
    """
    header = fits.Header()
    header["POLYDEG"] = (model.degree, "degree of the polynomial in u, v")
    header["POLYNX"] = (model.shape[1], "u runs -1..1 over so many columns [pixel]")
    header["POLYNY"] = (model.shape[0], "v runs -1..1 over so many rows [pixel]")
    header["NSTARS"] = (model.n_stars, "stars behind the fit")
    header["FWHM"] = (model.fwhm, "median FWHM of the stars [pixel]")
    with write_whole(path) as temporary:
        fits.PrimaryHDU(model.coefficients.astype(np.float32), header).writeto(temporary)


def read_psf(path: Path) -> PsfModel:
    """Read a PSF model, or a single stamp as a PSF that does not vary.

    Parameters
    ----------
    path : Path
        A file of ``write_psf``, or a FITS image of odd width and height with the PSF centered on its middle pixel.

    Returns
    -------
    PsfModel
        Normalized to a sum of one. A single stamp has ``n_stars`` 0 and its width NaN until it is measured.

    Raises
    ------
    ValueError
        If the file is no FITS image, its sides are even, or it holds no positive, finite light.
    """
    with refuse_unreadable(path, "FITS image"), fits.open(path, memmap=False) as hdus:
        found = next((hdu for hdu in hdus if hdu.is_image and hdu.data is not None), None)
        data = None if found is None else np.asarray(found.data, np.float32)
        header = fits.Header() if found is None else found.header
    if data is None:
        raise ValueError(f"{path.name}: holds no image; give a PSF stamp")
    cube = data[None] if data.ndim == 2 else data
    if cube.ndim != 3 or cube.shape[1] % 2 == 0 or cube.shape[2] % 2 == 0:
        raise ValueError(f"{path.name}: its shape is {data.shape}; a PSF stamp has odd sides, its peak in the middle")
    total = float(cube[0].sum())
    if not np.isfinite(cube).all() or total <= 0:
        raise ValueError(f"{path.name}: sums to {total:g}; a PSF stamp is finite and its sum positive")
    degree = int(header.get("POLYDEG", 0))
    shape = (int(header.get("POLYNY", 1)), int(header.get("POLYNX", 1)))
    if len(cube) != (degree + 1) * (degree + 2) // 2:
        raise ValueError(
            f"{path.name}: has {len(cube)} planes; degree {degree} wants {(degree + 1) * (degree + 2) // 2}"
        )
    fwhm = float(header.get("FWHM", np.nan))
    return PsfModel(cube / np.float32(total), degree, shape, int(header.get("NSTARS", 0)), fwhm)
