"""The two flag dictionaries: what can be said of a source, and what can be said of an image."""

from enum import IntFlag


class SourceFlag(IntFlag):
    """Bits of the column ``flags``; the first eight mean what SExtractor's bits mean.

    Each member carries its sentence in ``describe_flags``; the dictionary travels in the catalog's metadata.
    """

    CROWDED = 1
    BLENDED = 2
    SATURATED = 4
    EDGE = 8
    APERTURE_INCOMPLETE = 16
    ISOPHOTE_INCOMPLETE = 32
    DEBLEND_OVERFLOW = 64
    BUFFER_OVERFLOW = 128
    BAD_PIXELS = 256
    NO_WCS = 512
    NO_ZEROPOINT = 1024
    LARGER_THAN_HALO = 2048
    KRON_FALLBACK = 4096
    NEGATIVE_FLUX = 8192
    SHARP = 16384
    OVERRULED = 32768


class ImageFlag(IntFlag):
    """Bits of the column ``flags`` of ``images.parquet``: what was wrong with one detector image."""

    UNREADABLE = 1
    TRUNCATED = 2
    TOO_SMALL = 4
    ALL_BAD = 8
    CONSTANT = 16
    NO_SOURCES = 32
    NO_WCS = 64
    BAD_WCS = 128
    NO_ZEROPOINT = 256
    NO_EXPTIME = 512
    BAD_EXPTIME = 1024
    BAD_UNIT = 2048
    BROKEN_HEADER = 4096
    DUPLICATE_EXTNAME = 8192
    NO_PSF = 16384
    UNDERSAMPLED = 32768
    DEBLEND_OVERFLOW = 65536
    BUFFER_OVERFLOW = 131072
    FAILED = 262144
    BAD_EXPOSURE = 524288
    LEFT_OUT = 1048576


SOURCE_FLAG_SENTENCES: dict[SourceFlag, str] = {
    SourceFlag.CROWDED: "more than a tenth of the Kron aperture belongs to neighbors or is bad",
    SourceFlag.BLENDED: "separated from a neighbor with which it shares a detection isophote",
    SourceFlag.SATURATED: "at least one pixel of the source is saturated",
    SourceFlag.EDGE: "the detection isophote touches the image border",
    SourceFlag.APERTURE_INCOMPLETE: "the Kron aperture crosses the image border",
    SourceFlag.ISOPHOTE_INCOMPLETE: "the shape is degenerate, a width of one pixel was assumed",
    SourceFlag.DEBLEND_OVERFLOW: "sep or SExtractor ran out of memory for sub-objects while it separated the blend",
    SourceFlag.BUFFER_OVERFLOW: "left whole, having more than 2^23 pixels; of SExtractor: its pixel buffer was full",
    SourceFlag.BAD_PIXELS: "bad pixels (NaN, infinite or masked) touch the source's footprint",
    SourceFlag.NO_WCS: "no usable sky coordinates: ra and dec are NaN",
    SourceFlag.NO_ZEROPOINT: "no photometric zeropoint: mag is NaN",
    SourceFlag.LARGER_THAN_HALO: "larger than the overlap of the tiles, so its outskirts may be cut",
    SourceFlag.KRON_FALLBACK: "no Kron radius could be measured; flux_kron is that of the smallest ellipse",
    SourceFlag.NEGATIVE_FLUX: "flux_kron is negative: mag is NaN",
    SourceFlag.SHARP: "sharper than the PSF: a cosmic ray or a hot pixel",
    SourceFlag.OVERRULED: "a value of this row was replaced by an overrule table",
}

IMAGE_FLAG_SENTENCES: dict[ImageFlag, str] = {
    ImageFlag.UNREADABLE: "the image could not be read",
    ImageFlag.TRUNCATED: "the file ends before its pixels do",
    ImageFlag.TOO_SMALL: "too few pixels to measure a background",
    ImageFlag.ALL_BAD: "no usable pixel",
    ImageFlag.CONSTANT: "all usable pixels have the same value",
    ImageFlag.NO_SOURCES: "nothing found above the threshold",
    ImageFlag.NO_WCS: "no world coordinate system in the header",
    ImageFlag.BAD_WCS: "a singular or unreadable world coordinate system",
    ImageFlag.NO_ZEROPOINT: "no photometric zeropoint known",
    ImageFlag.NO_EXPTIME: "no exposure time known",
    ImageFlag.BAD_EXPTIME: "an exposure time that is not a positive number",
    ImageFlag.BAD_UNIT: "a BUNIT that is not a known unit",
    ImageFlag.BROKEN_HEADER: "header cards that break the FITS standard were repaired or skipped",
    ImageFlag.DUPLICATE_EXTNAME: "another extension of the file has the same name; images are told apart by number",
    ImageFlag.NO_PSF: "too few stars for a PSF model",
    ImageFlag.UNDERSAMPLED: "the PSF is narrower than two pixels",
    ImageFlag.DEBLEND_OVERFLOW: "a source with the flag deblend_overflow is in the image",
    ImageFlag.BUFFER_OVERFLOW: "a source with the flag buffer_overflow is in the image",
    ImageFlag.FAILED: "a stage failed on this image; the message says where",
    ImageFlag.BAD_EXPOSURE: "the verdict on its exposure is bad",
    ImageFlag.LEFT_OUT: "not measured, since exposures with such a verdict are left out",
}


def decode_flags(value: int, kind: type[IntFlag] = SourceFlag) -> list[str]:
    """Names of the bits set in a ``flags`` value, lowest bit first.

    Parameters
    ----------
    value : int
        A value of the column ``flags``.
    kind : type of IntFlag, optional
        ``SourceFlag`` (catalog rows, the default) or ``ImageFlag`` (rows of ``images.parquet``).

    Returns
    -------
    list of str
        Lower-case names; empty for 0. A bit this version does not know reads ``bit<N>``.

    Examples
    --------
    >>> decode_flags(6)
    ['blended', 'saturated']
    >>> decode_flags(2**20)
    ['bit20']
    """
    names = {int(member): str(member.name).lower() for member in kind}
    bits = (1 << position for position in range(int(value).bit_length()))
    return [names.get(bit, f"bit{bit.bit_length() - 1}") for bit in bits if int(value) & bit]


def describe_flags(kind: type[IntFlag] = SourceFlag) -> dict[str, tuple[int, str]]:
    """Return the dictionary of one kind of flags: name -> (bit value, sentence).

    Examples
    --------
    >>> describe_flags()["saturated"]
    (4, 'at least one pixel of the source is saturated')
    """
    sentences = SOURCE_FLAG_SENTENCES if kind is SourceFlag else IMAGE_FLAG_SENTENCES
    return {str(member.name).lower(): (int(member), sentence) for member, sentence in sentences.items()}
