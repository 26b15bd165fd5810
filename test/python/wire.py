"""The wire format, as plain Python: what every message of the agent has to keep to."""

from __future__ import annotations

import json
import math

SCHEMA_VERSION = 1
MIME_TYPE = "application/vnd.jupyterlab-vram+json"


class WireError(ValueError):
    """Raised for a message that a front end would refuse."""


def fail(path, what, value):
    raise WireError(f"{path or 'the message'} should be {what}, but is {value!r}"[:300])


def whole(value, path):
    if type(value) is not int or not 0 <= value < 2**53:
        fail(path, "a whole number from 0 to 2^53 - 1", value)


def seconds(value, path):
    is_number = type(value) in (int, float) and math.isfinite(value)
    if not is_number or not 0 <= value <= 8.64e12:
        fail(path, "seconds since the epoch", value)


def text(value, path):
    if type(value) is not str:
        fail(path, "text", value)


def flag(value, path):
    if type(value) is not bool:
        fail(path, "true or false", value)


def is_object(value, path):
    if type(value) is not dict:
        fail(path, "an object", value)


def one_of(*options):
    def check(value, path):
        if value not in options or type(value) not in (str, int) or value is True:
            fail(path, f"one of {options}", value)

    return check


def or_null(check):
    return lambda value, path: None if value is None else check(value, path)


def list_of(check):
    def check_list(value, path):
        if type(value) is not list:
            fail(path, "a list", value)
        for place, item in enumerate(value):
            check(item, f"{path}[{place}]")

    return check_list


def record(required, optional=()):
    """An object with just these keys; those of ``optional`` may be absent."""

    def check(value, path):
        if type(value) is not dict:
            fail(path, "an object", value)
        known = {**required, **dict(optional)}
        if not required.keys() <= value.keys() <= known.keys():
            fail(path, f"an object with the keys {sorted(known)}", sorted(value))
        for key, item in value.items():
            known[key](item, f"{path}.{key}" if path else key)

    return check


DEVICE = record(
    {
        "id": text,
        "kind": one_of("cuda", "hip", "mps", "xpu", "practice"),
        "index": whole,
        "name": text,
        "uuid": or_null(text),
        "allocated_bytes": whole,
        "reserved_bytes": whole,
        "peak_allocated_bytes": or_null(whole),
        "peak_reserved_bytes": or_null(whole),
        "pinned_bytes": or_null(whole),
        "free_bytes": or_null(whole),
        "total_bytes": or_null(whole),
        "process_bytes": or_null(whole),
    },
    {
        "compute_capability": or_null(list_of(whole)),
        "driver_index": or_null(whole),
        "driver_slice": or_null(whole),
    },
)
READING = record(
    {
        "time": seconds,
        "state": one_of(
            "ok", "no-torch", "torch-without-gpu", "no-driver", "not-initialised", "error"
        ),
        "detail": or_null(text),
        "torch_version": or_null(text),
        "pid": whole,
        "capturing": flag,
        "unsupported": list_of(text),
        "devices": list_of(DEVICE),
    }
)
RUNNING = record({"cell_id": or_null(text), "execution_count": or_null(whole), "started": seconds})
CHANGE = {
    "id": text,
    "before_allocated_bytes": whole,
    "before_reserved_bytes": whole,
    "after_allocated_bytes": whole,
    "after_reserved_bytes": whole,
}
REMOVED = {
    "name": text,
    "how": one_of("deleted", "rebound"),
    "device": text,
    "held_bytes": whole,
    "alive_bytes": whole,
    "held_by": list_of(text),
}
CELL_RECORD = record(
    {
        "run": whole,
        "cell_id": or_null(text),
        "execution_count": or_null(whole),
        "code_digest": text,
        "started": seconds,
        "ended": seconds,
        "ok": flag,
        "devices": list_of(record({**CHANGE, "peak_allocated_bytes": whole, "peak_exact": flag})),
        "removed": list_of(record(REMOVED)),
    }
)
LEAK = record({**REMOVED, "id": whole, "run": whole, "execution_count": or_null(whole)})
GPU = record(
    {
        "uuid": text,
        "parent_uuid": or_null(text),
        "index": whole,
        "name": or_null(text),
        "total_bytes": or_null(whole),
        "used_bytes": or_null(whole),
        "is_listed": flag,
        "other_bytes": or_null(whole),
    }
)
GPU_PROCESS = record(
    {
        "pid": whole,
        "kind": one_of("compute", "graphics", "both"),
        "shares": list_of(record({"uuid": text, "used_bytes": or_null(whole)})),
        "is_visible": flag,
        "user": or_null(text),
        "command": or_null(text),
        "started_s": or_null(seconds),
        "is_own": flag,
        "is_kernel": flag,
        "kernel_id": or_null(text),
        "kernel_pid": or_null(whole),
        "notebook": or_null(text),
        "leftover": or_null(one_of("orphan", "unowned")),
        "identity": or_null(text),
        "why_not_stoppable": or_null(text),
    },
    {"program": or_null(text)},
)
SURVEY = record(
    {
        "time": seconds,
        "state": one_of(
            "ok",
            "no-tool",
            "no-driver",
            "no-devices",
            "mismatch",
            "no-permission",
            "lost",
            "timeout",
            "failed",
        ),
        "detail": text,
        "source": or_null(text),
        "gpus": list_of(GPU),
        "processes": list_of(GPU_PROCESS),
    }
)
STOP_REPORT = record(
    {"pid": whole, "signal": one_of("SIGTERM", "SIGKILL"), "has_ended": flag, "grace_s": seconds}
)
CLEAR = record(
    {"devices": list_of(record(CHANGE)), "collected_objects": whole}, {"released": list_of(text)}
)
HOLDER = record(
    {
        "name": text,
        "kind": one_of(
            "variable",
            "output",
            "display",
            "traceback",
            "frame",
            "thread",
            "task",
            "module",
            "cycle",
            "autograd graph",
            "cuda graph pool",
            "workspace",
            "fragmentation",
            "smaller",
            "unattributed",
        ),
        "path": text,
        "bytes": whole,
        "shared_bytes": whole,
        "also_held_by": list_of(text),
        "tensor_count": whole,
        "device": text,
        "devices": list_of(record({"id": text, "bytes": whole, "shared_bytes": whole})),
        "pinned_bytes": whole,
        "release": or_null(text),
        "note": or_null(text),
        "parts": list_of(record({"path": text, "bytes": whole})),
    },
    {"promise": one_of("checked", "shared", "unchecked")},
)
RELEASE_PREVIEW = record(
    {
        "token": text,
        "names": list_of(text),
        "code": list_of(text),
        "notes": list_of(text),
        "missing": list_of(text),
        "stuck": list_of(text),
        "devices": list_of(
            record(
                {"id": text, "frees_bytes": whole, "stays_bytes": whole, "collected_bytes": whole}
            )
        ),
        "kept_by": list_of(text),
        "is_complete": flag,
        "is_checked": flag,
    }
)
HOLDINGS = record(
    {
        "holders": list_of(HOLDER),
        "devices": list_of(
            record(
                {
                    "id": text,
                    "allocated_bytes": whole,
                    "named_bytes": whole,
                    "unattributed_bytes": whole,
                }
            )
        ),
        "is_complete": flag,
        "seconds": seconds,
    }
)
MESSAGE = record(
    {
        "schema": one_of(SCHEMA_VERSION),
        "kind": one_of("push", "attached", "cleared", "done", "answered", "refused"),
        "boot": text,
        "sequence": whole,
        "agent_version": text,
        "reading": READING,
    },
    {
        "running": or_null(RUNNING),
        "finished": or_null(CELL_RECORD),
        "leaks": or_null(list_of(LEAK)),
        "records": or_null(list_of(CELL_RECORD)),
        "clear": or_null(CLEAR),
        "processes": or_null(SURVEY),
        "answer": or_null(is_object),
        "reason": or_null(text),
        "lapsed": or_null(list_of(text)),
    },
)


def checked(message):
    """Return ``message`` as it arrives over the wire.

    Raises:
        WireError: if a front end would refuse it.
    """
    MESSAGE(message, "")
    return json.loads(json.dumps(message, allow_nan=False))


def checked_holdings(holdings):
    """As :func:`checked`, for the answer to ``holders``."""
    HOLDINGS(holdings, "answer")
    return json.loads(json.dumps(holdings, allow_nan=False))


def checked_release_preview(preview):
    """As :func:`checked`, for the answer to ``release_preview``."""
    RELEASE_PREVIEW(preview, "answer")
    return json.loads(json.dumps(preview, allow_nan=False))


def checked_reading(reading):
    """As :func:`checked`, for a reading alone."""
    READING(reading, "reading")
    return json.loads(json.dumps(reading, allow_nan=False))
