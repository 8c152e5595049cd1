"""``skysieve pink``: the command line of PINK 2.5, as it stands."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np

    from skysieve.som.pink.orders import Order

FAILURE, INTERRUPTED = 1, 130
VERBATIM = {"ignore_unknown_options": True, "help_option_names": []}
"""Settings by which all arguments reach the command as they are."""

WIDTH = 70
"""Of a bar of progress [character]."""

HELP = """\
Usage: skysieve pink [OPTIONS] --train IMAGES SOM
       skysieve pink [OPTIONS] --map IMAGES RESULT SOM

Takes the command lines of PINK 2.5 and writes its files.

  --som-width, --som-height, --som-depth N  sides of the lattice (10, 10, 1)
  --layout, -l NAME                     cartesian (default) or hexagonal
  --neuron-dimension, -d N              side of the neurons (2 / sqrt(2) of the images, and 1)
  --euclidean-distance-dimension, -e N  side of the region that is compared (sqrt(2) / 2 of the images)
  --euclidean-distance-shape NAME       quadratic (default) or circular
  --euclidean-distance-type NAME        uint8, uint16 or float: without effect, distances are exact
  --numrot, -n N                        rotations, 1 or a multiple of 4 (360)
  --flip-off                            do not compare mirrored images
  --interpolation NAME                  bilinear (default); nearest_neighbor where nothing is interpolated
  --dist-func, -f NAME SIGMA DAMPING    gaussian, unitygaussian or mexicanHat (gaussian 1.1 0.2)
  --max-update-distance X               neurons this far from the best-matching one stay
  --init, -x START                      zero (default), random, random_with_preferred_direction or a SOM file
  --seed, -s N                          of random neurons and of the order of images (1234)
  --num-iter N                          passes over the images (1)
  --input-shuffle-off                   take the images in their order
  --progress, -p N                      lines about progress (10)
  --inter-store NAME                    off (default), overwrite or keep the SOM at each of them
  --store-rot-flip FILE                 write angles and flips of a mapping
  --numthreads, -t N                    threads
  --cuda-off                            compute on the CPU even where there is a GPU
  --rounding NAME                       pink (its files to the last bit) or exact (faster); left out it is pink
                                        for training on the CPU, exact for mapping and on a GPU
  --b1 N                                without effect
  --verbose                             also tell how often each neuron won
  --version, -v, --help, -h

Long options may be shortened. Exit code 0, 1 after an error, 130 when interrupted."""


def pink(arguments: Annotated[list[str] | None, typer.Argument(help="Those of PINK.")] = None) -> None:
    """Train and map as PINK does, with its own arguments: skysieve pink --help."""
    try:
        _run(arguments or [])
    except KeyboardInterrupt:
        typer.echo("skysieve pink: interrupted; nothing is half written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, ImportError, OSError, RuntimeError, MemoryError) as error:
        sentence = (str(error).strip() or type(error).__name__).splitlines()[0]
        typer.echo(f"skysieve pink: {sentence}", err=True)
        raise typer.Exit(FAILURE) from None


def _run(arguments: list[str]) -> None:
    import skysieve  # noqa: PLC0415
    from skysieve.cli.pink_options import make_order, read_arguments  # noqa: PLC0415 -- takes long, --help need not

    given = read_arguments(arguments)
    if given.mode == "help":
        typer.echo(HELP)
        return
    if given.mode == "version":
        typer.echo(f"skysieve pink {skysieve.__version__}, for PINK 2.5")
        return
    _carry_out(make_order(given))


def _carry_out(order: "Order") -> None:
    from skysieve.som.pink.mapping import map_files  # noqa: PLC0415 -- takes seconds
    from skysieve.som.pink.training import train_file  # noqa: PLC0415

    start = time.monotonic()
    work = train_file if order.som is None else map_files
    typer.echo(f"{'Train' if order.som is None else 'Map'} {order.images} -> {order.result}")
    wins = work(order, progress=_make_bar(start))
    if order.wins:
        typer.echo(_describe_wins(wins))
    kind = "final SOM" if order.som is None else "mapping"
    typer.echo(f"Write {kind} to {order.result} ... done.")
    if order.transforms is not None:
        typer.echo(f"Write transformations to {order.transforms} ... done.")
    typer.echo(f"Total time: {time.monotonic() - start:.1f} s")


def _make_bar(start: float) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        bar = "=" * (WIDTH * done // total) + ">"
        typer.echo(f"[{bar[:WIDTH]:<{WIDTH}}] {100 * done // total} % {time.monotonic() - start:.1f} s")

    return show


def _describe_wins(wins: "np.ndarray") -> str:
    return "\n".join(["Number of wins of each neuron:", *(f"  {number}: {count}" for number, count in enumerate(wins))])
