"""What a process does about its memory: the habits of glibc (mallopt(3), malloc_trim(3)) and garbage."""

import ctypes
import gc
import sys
from typing import Any, Final

_ARENA_MAX: Final = -8
"""What malloc.h calls M_ARENA_MAX."""


def keep_together() -> None:
    """Have all threads take their memory from one place, to be called before there are any.

    glibc gives each thread a place of its own, so that they need not wait for each other; in Python one runs at a
    time anyhow, and what is left over in one place is of no use in another.
    """
    if mallopt := _glibc("mallopt"):
        mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """Give back what loading took and no longer needs, and stop looking through what stays for garbage.

    Loading the models takes 100 MB for a moment. glibc keeps such memory for later, and a process that receives
    messages never needs as much again. What is in memory by then stays until the end, so that looking through it
    costs time in some tenant's turn and finds nothing.
    """
    gc.collect()
    gc.freeze()
    if trim := _glibc("malloc_trim"):
        trim(0)


def _glibc(name: str) -> Any:
    """A function of glibc, or None where the C library is another one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
