"""Whether this process is being stopped. Per process; the worker sets it, and it stays set."""

import threading

stopping = threading.Event()
