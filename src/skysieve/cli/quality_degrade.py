"""``skysieve quality degrade``: a fault of known kind and size put into a real exposure."""

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from skysieve.records import Detector
    from skysieve.simulate.degrading import DegradedTruth

PATHS = ("drift", "jumps", "shake")

Told = dict[str, str | float | int]


def degrade(
    image: Annotated[Path, typer.Argument(help="A good exposure of one detector or of many.")],
    *,
    out: Annotated[Path, typer.Option(help="FITS file of the degraded exposure; the truth is in its headers.")],
    fault: Annotated[
        list[str],
        typer.Option(
            help="NAME=SIZE: drift, jumps or shake (tracking) and defocus [FWHM of the stars], seeing [times the "
            "FWHM], extinction [mag], glow, moonlight, fringes, scattered and trail_level [sky], trails, gain_error, "
            "dead_detectors, dead_amplifiers. Repeat."
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bits.")] = 0,
    fwhm: Annotated[float | None, typer.Option(min=0.5, help="Of the stars [pixel]. Default: measured.")] = None,
    sky: Annotated[
        float | None, typer.Option(help="Brightness of the sky [image unit], where it was subtracted.")
    ] = None,
    gain: Annotated[float | None, typer.Option(help="Electrons an image unit, where the header does not say.")] = None,
    mask: Annotated[Path | None, typer.Option(help="File of bad pixels.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Put faults of known kind and size into an exposure, and write it with what is then true of it."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.io.exposures import InputRecipe, list_detectors, read_detector  # noqa: PLC0415 -- as above
    from skysieve.io.scenes import write_detectors  # noqa: PLC0415
    from skysieve.quality.frames import measure_width  # noqa: PLC0415
    from skysieve.simulate import FaultRecipe  # noqa: PLC0415
    from skysieve.simulate.degrading import Place, degrade_detector  # noqa: PLC0415

    faults = read_recipe(FaultRecipe, settings=[one for text in fault for one in _translate(text)])
    inputs = InputRecipe(gain=gain)
    addresses = list_detectors([image], masks=[] if mask is None else [mask], recipe=inputs)
    columns = math.ceil(math.sqrt(len(addresses)))
    layout = (math.ceil(len(addresses) / columns), columns)
    degraded, facts = [], []
    for number, address in enumerate(addresses):
        detector = read_detector(address, inputs)
        width = measure_width(detector) if fwhm is None else fwhm
        place = Place(number, layout)
        made, truth = degrade_detector(detector, faults, fwhm=width, seed=seed, sky=sky, place=place)
        typer.echo(f"{address.label}: stars of {width:.2f} pixels become {truth.exposure.fwhm:.2f}", err=True)
        degraded.append(made)
        facts.append(_list_facts(made, truth))
    history = [f"skysieve quality degrade {image.name} --seed {seed}", *(f"--fault {one}" for one in fault)]
    write_detectors(out, degraded, facts, history=history)
    if as_json:
        rows = [{key: _plain(value) for key, value in one.items()} for one in facts]
        typer.echo(json.dumps({"file": str(out), "detectors": rows}, indent=1))
        return
    typer.echo(f"{out}: {len(degraded)} detector{'s' if len(degraded) > 1 else ''}")


def _translate(text: str) -> list[str]:
    """Return the settings of a fault; ``drift=2`` and the like name the path of the telescope and its size."""
    name, _, size = text.partition("=")
    if name in PATHS:
        return [f"tracking={name}", f"tracking_size={_spell(size)}"]
    if name == "tracking" and size not in PATHS:
        return [f"tracking_size={_spell(size)}"]
    whole = name in {"trails", "dead_detectors", "dead_amplifiers"}
    return [f"{name}={size if whole else _spell(size)}"]


def _spell(size: str) -> str:
    """Write a whole number as TOML writes a real one."""
    return f"{size}.0" if re.fullmatch(r"\d+", size) else size


def _list_facts(detector: "Detector", truth: "DegradedTruth") -> Told:
    """Return keywords of a header with the truth."""
    one = truth.exposure
    factors = {f"TF_{cause[:5].upper()}": float(factor) for cause, factor in one.factors.items()}
    numbers = {
        "T_FWHM": one.fwhm, "T_SEEING": one.seeing, "T_AREA": one.noise_area, "T_RATIO": one.axis_ratio,
        "T_SKY": one.sky, "T_PATTRN": one.pattern, "T_TRANSP": one.transparency, "T_NOISE": truth.noise,
        "T_GAIN": truth.gain, "T_BRIGHT": truth.sky, **factors,
    }  # fmt: skip
    return {"OBJECT": detector.label, **numbers}


def _plain(value: Any) -> Any:
    """Return a value that JSON knows."""
    return value if isinstance(value, str) or math.isfinite(value) else None
