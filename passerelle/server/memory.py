"""Memory of large bodies and pictures goes back to the system once it is free."""

import ctypes
import gc
import sys

# From glibc's <malloc.h>.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
MMAP_THRESHOLD = 8 << 20  # bytes: a picture of 2 megapixels, decoded
LOAD = 16 << 20  # bytes of bodies, after which freed memory is worth giving back
MAX_ARENAS = 2  # that threads share; each of its own would keep what its largest picture took


def return_freed_memory() -> None:
    """Have every allocation of 8 MiB and more mapped by itself, and unmapped when it is freed.

    glibc would raise that limit with each large block it meets, up to 32 MiB, and then keep freed
    pictures for good: one visitor's large one would stay as long as the process. Smaller blocks
    are kept for the next picture, which is quicker. A no-op where there is no glibc.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD)
            libc.mallopt(M_TRIM_THRESHOLD, 4 * MMAP_THRESHOLD)
            libc.mallopt(M_ARENA_MAX, MAX_ARENAS)


def trim() -> None:
    """Give the system what was freed between blocks in use, once a load is over.

    Many bodies at once come in small pieces, and what is allocated behind them would keep them all.
    A no-op where there is no glibc.
    """
    gc.collect()  # of errors that hold, by their tracebacks, the bodies they came of
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)
