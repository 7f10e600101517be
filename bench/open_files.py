"""How many files this process may have open: a connection is one of them."""

import resource

SPARE = 100  # beside the connections


def allow_connections(count: int) -> None:
    """Raise the limit for so many connections. Children that run already keep theirs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{needed} open files are needed, {hard} are allowed; ask for fewer.")
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
