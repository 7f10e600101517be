"""The model service: one image for every model. Start at `app.py`.

OpenVINO and NNCF tell their maker how they are used, from a process that they fork. Beside other
threads that can hang, and it is nobody's business: they don't find the package that does it.
"""

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's own way to say so
