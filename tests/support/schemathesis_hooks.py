"""What of schemathesis's requests isn't sent, where the contract says so in its introduction."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(_: Any, case: "schemathesis.Case[Any]", __: Any) -> None:
    """Leave out headers that no path is asked with.

    One with an underscore in its name is refused before a path is looked at, on any and with no
    trace; test_http_shell.py has that.
    """
    for name in [each for each in case.headers or () if "_" in each]:
        del case.headers[name]
