import threading

import pytest

from skysieve.quality.preview_shelf import KEEP, PreviewShelf


@pytest.fixture
def shelf():
    made = PreviewShelf(lambda number: number * 10)
    made.gate = threading.Event()
    yield made
    made.close()


def wait(shelf, number):
    there = threading.Event()
    leave = shelf.listen(there.set)
    shelf.ask([number])
    while shelf.get(number) is None:
        there.wait(1)
    leave()
    return shelf.get(number)


def test_previews_come_when_they_are_made(shelf):
    assert shelf.get(3) in {None, 30}
    assert wait(shelf, 3) == 30


def test_the_oldest_are_forgotten(shelf):
    for number in range(KEEP + 2):
        wait(shelf, number)
    assert shelf.get(0) is None
    assert shelf.get(KEEP + 1) == 10 * (KEEP + 1)


def test_what_is_no_longer_wanted_is_put_off():
    gate, made = threading.Event(), []

    def make(number):
        gate.wait(10)
        made.append(number)
        return number

    shelf = PreviewShelf(make)
    shelf.ask([1, 2, 3])
    shelf.ask([4])
    gate.set()
    assert wait(shelf, 4) == 4
    shelf.close()
    assert made == [1, 4]


def test_what_was_put_off_for_another_visitor_is_made_when_it_is_looked_for(shelf):
    shelf.ask([1])
    shelf.ask([2])
    shelf.get(1)
    assert (wait(shelf, 2), wait(shelf, 1)) == (20, 10)


def test_what_fails_is_told_to_who_looks():
    def fail(number):
        raise OSError(f"{number} is gone")

    shelf = PreviewShelf(fail)
    with pytest.raises(OSError, match="1 is gone"):
        wait(shelf, 1)
    shelf.close()
