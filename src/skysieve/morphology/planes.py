"""Where images lie on the sky: each has its own tangent plane, and all are computed at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class ImagePlanes:
    """Tangent planes of images.

    Attributes
    ----------
    ra, dec
        Where the plane touches the sky [deg].
    x, y
        Where that is in the image [pixel, 0-based centers].
    matrix
        Pixels along x and y a degree along east and north of the plane.
    center_ra, center_dec
        The image's middle on the sky [deg].
    """

    ra: Float[np.ndarray, " image"]
    dec: Float[np.ndarray, " image"]
    x: Float[np.ndarray, " image"]
    y: Float[np.ndarray, " image"]
    matrix: Float[np.ndarray, "image 2 2"]
    center_ra: Float[np.ndarray, " image"]
    center_dec: Float[np.ndarray, " image"]

    def __len__(self) -> int:
        return len(self.ra)

    def locate(
        self, ra: Float[np.ndarray, " point"], dec: Float[np.ndarray, " point"], image: Int[np.ndarray, " point"]
    ) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
        """Return column and row [pixel] of sky positions, each in its own image; NaN behind the tangent plane."""
        east, north = project_tangent(ra, dec, self.ra[image], self.dec[image])
        matrix = self.matrix[image]
        x = self.x[image] + matrix[:, 0, 0] * east + matrix[:, 0, 1] * north
        y = self.y[image] + matrix[:, 1, 0] * east + matrix[:, 1, 1] * north
        return x, y


def project_tangent(
    ra: Float[np.ndarray, " point"],
    dec: Float[np.ndarray, " point"],
    ra0: Float[np.ndarray, " point"],
    dec0: Float[np.ndarray, " point"],
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Project positions [deg] onto planes that touch the sky at ra0 and dec0 [deg]; east and north [deg].

    Notes
    -----
    Gnomonic projection (Calabretta & Greisen 2002, section 5.1.3); NaN a quarter of the sky away and farther.

    Examples
    --------
    >>> east, north = project_tangent(np.array([10.0]), np.array([1.0]), np.array([10.0]), np.array([0.0]))
    >>> round(float(north[0]), 4)
    1.0001
    """
    a, d, d0 = np.deg2rad(ra - ra0), np.deg2rad(dec), np.deg2rad(dec0)
    depth = np.sin(d) * np.sin(d0) + np.cos(d) * np.cos(d0) * np.cos(a)
    depth = np.where(depth > 0, depth, np.nan)
    east = np.cos(d) * np.sin(a) / depth
    north = (np.sin(d) * np.cos(d0) - np.cos(d) * np.sin(d0) * np.cos(a)) / depth
    return np.rad2deg(east), np.rad2deg(north)


def make_planes(
    ra: Float[np.ndarray, " image"], dec: Float[np.ndarray, " image"], *, pixel_scale: float, image_side: int
) -> ImagePlanes:
    """Return the planes of images that are centered on positions, north up and east to the left.

    Parameters
    ----------
    ra, dec
        Of the images' middles [deg].
    pixel_scale
        [arcsec].
    image_side
        [pixel].

    Raises
    ------
    ValueError
        If the scale is not positive.
    """
    if not pixel_scale > 0:
        raise ValueError(f"pixel_scale = {pixel_scale}: wanted are arcseconds, above 0")
    matrix = np.broadcast_to(np.diag([-1.0, 1.0]) * 3600 / pixel_scale, (len(ra), 2, 2))
    middle = np.full(len(ra), (image_side - 1) / 2)
    return ImagePlanes(ra, dec, middle, middle, matrix, ra, dec)


def read_planes(worlds: Sequence[WCS], *, image_side: int) -> ImagePlanes:
    """Return the planes of images with world coordinates of their own.

    Parameters
    ----------
    worlds
        One an image, celestial; distortions and other projections are taken as their tangent plane in the middle.
    image_side
        [pixel].

    Raises
    ------
    ValueError
        If an image has no usable world coordinates.
    """
    middle = (image_side - 1) / 2
    corners = np.array([[middle, middle], [middle + 1, middle], [middle, middle + 1]])
    sky = np.array([_read_sky(world, corners, row) for row, world in enumerate(worlds)]).reshape(-1, 3, 2)
    ra, dec = sky[:, 0, 0], sky[:, 0, 1]
    steps = np.stack([np.stack(project_tangent(sky[:, k, 0], sky[:, k, 1], ra, dec), axis=1) for k in (1, 2)], axis=2)
    return ImagePlanes(ra, dec, np.full(len(ra), middle), np.full(len(ra), middle), np.linalg.inv(steps), ra, dec)


def cut_planes(
    world: WCS, x: Float[np.ndarray, " image"], y: Float[np.ndarray, " image"], *, image_side: int
) -> ImagePlanes:
    """Return the planes of images cut out of one large image.

    Parameters
    ----------
    world
        Of the large image.
    x, y
        Column and row of the large image that the middle of each cutout shows; (side - 1) / 2 is that middle.
    image_side
        Of the cutouts [pixel].

    Raises
    ------
    ValueError
        If the large image has no usable world coordinates.
    """
    places = np.stack([x, y], axis=1)
    sky = [_read_sky(world, places + step, 0) for step in ((0, 0), (1, 0), (0, 1))]
    ra, dec = sky[0].T
    steps = np.stack([np.stack(project_tangent(one[:, 0], one[:, 1], ra, dec), axis=1) for one in sky[1:]], axis=2)
    middle = np.full(len(ra), (image_side - 1) / 2)
    return ImagePlanes(ra, dec, middle, middle, np.linalg.inv(steps), ra, dec)


def _read_sky(world: WCS, places: Float[np.ndarray, "point 2"], row: int) -> Float[np.ndarray, "point 2"]:
    if not world.has_celestial:
        raise ValueError(f"image {row}: its header has no celestial coordinates; give ra, dec and a pixel scale")
    frame = world.celestial.pixel_to_world(places[:, 0], places[:, 1]).icrs
    return np.stack([frame.ra.deg, frame.dec.deg], axis=1)
