"""Compiled loops: how numba is asked for them everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(signature: str) -> Callable[[Function], Function]:
    """Compile at import, with numba's cache where one of its folders can be written.

    Modules that use this are imported inside the functions that need them: compiling takes seconds
    the first time. numba looks for its cache beside the file, then in the user's cache folder, or in
    NUMBA_CACHE_DIR only. Where none is writable (a container without a home) the loops are compiled
    at every start. They release the GIL.
    """
    import numba

    def compile_now(function: Function) -> Function:
        options = {"nogil": True, "error_model": "numpy"}
        try:
            made = numba.njit(signature, cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            made = numba.njit(signature, **options)(function)
        result: Function = made
        return result

    return compile_now
