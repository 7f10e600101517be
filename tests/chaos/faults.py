"""The faults, in their order, each with what it may do."""

from tests.chaos import answers, outside_faults, process_faults
from tests.chaos.fault import Fault
from tests.chaos.scene import FIRST, GUEST, SECOND, THEIRS, THIRD

GATEWAY_GONE = frozenset({answers.NOT_CONNECTED, answers.CUT_OFF, "503"})
EVERYBODY = frozenset({FIRST, SECOND, THIRD, THEIRS, GUEST})
UNAVAILABLE = frozenset({"502", "503", "504"})

FAULTS = (
    Fault("a backend is killed", process_faults.kill, frozenset({SECOND}), UNAVAILABLE),
    Fault("a backend freezes", process_faults.freeze, frozenset({SECOND}), UNAVAILABLE),
    Fault("a backend is slow", process_faults.slow_down, frozenset({THIRD}), UNAVAILABLE),
    Fault(
        "a backend breaks off in the middle of its answers",
        process_faults.break_off,
        frozenset({THEIRS}),
        frozenset({answers.CUT_OFF, "502"}),
    ),
    Fault("a queue is full", process_faults.fill_queue, frozenset({THIRD}), frozenset({"503"})),
    Fault("Redis is gone", outside_faults.kill_redis, lack=outside_faults.lack_of_redis),
    Fault("the clock jumps", outside_faults.jump, lack=outside_faults.lack_of_clock),
    Fault("the manifest is broken", outside_faults.break_manifest),
    Fault("a key is revoked", outside_faults.revoke_key, frozenset({GUEST}), frozenset({"401"})),
    Fault("a mirror is killed", process_faults.kill_mirror),
    Fault("a mirror freezes", process_faults.freeze_mirror),
    Fault("the gateway is restarted", process_faults.restart_gateway, EVERYBODY, GATEWAY_GONE),
)
QUICK = FAULTS[0], FAULTS[3], FAULTS[7]  # by which a test sees that all of this works
