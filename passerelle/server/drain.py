"""Whether this process is being stopped. Per process; the worker sets it, and it stays set."""

import os
import signal
import threading

stopping = threading.Event()


def stop_process() -> None:
    """Have this process drain and end; gunicorn then starts another."""
    os.kill(os.getpid(), signal.SIGTERM)
