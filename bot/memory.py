"""What a process does about its memory once it has loaded what it needs."""

import ctypes
import gc
import sys


def settle() -> None:
    """Give back what loading took and no longer needs, and stop looking through what stays for garbage.

    Loading the models takes 100 MB for a moment. glibc keeps such memory for later, and a process that receives
    messages never needs as much again (https://man7.org/linux/man-pages/man3/malloc_trim.3.html). What is in memory
    by then stays until the end, so that looking through it costs time in some tenant's turn and finds nothing.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
