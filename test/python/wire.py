"""The wire format, as plain Python: what every message of the agent has to keep to."""

from __future__ import annotations

import json
import math
from pathlib import Path

#: The definition, from which the agent's own types are written.
WIRE = json.loads(
    (Path(__file__).parents[2] / "src" / "core" / "wire" / "wire.json").read_text(encoding="utf-8")
)
SCHEMA_VERSION = WIRE["version"]
MIME_TYPE = WIRE["mime_type"]


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


TYPES = {
    "whole": whole,
    "positive": whole,
    "seconds": seconds,
    "flag": flag,
    "object": is_object,
    "version": list_of(whole),
    **dict.fromkeys(("id", "name", "text", "path", "settings", "data"), text),
}


def check_of(field):
    """What checks one field of the definition."""
    base = field["type"].rstrip("?[]")
    if base in TYPES:
        check = TYPES[base]
    elif base in WIRE["enums"]:
        check = one_of(*WIRE["enums"][base]["values"])
    else:
        check = record_of(base)
    if field["type"].endswith("[]"):
        check = list_of(check)
        return or_null(check) if field.get("optional") else check
    return or_null(check) if field["type"].endswith("?") else check


def fields_of(name):
    """The fields of a record, with those that it has from others."""
    own = WIRE["records"][name]
    return {**(fields_of(own["extends"]) if "extends" in own else {}), **own["fields"]}


def record_of(name):
    """What checks a record of the definition."""
    fields = fields_of(name)
    checks = {key: check_of(field) for key, field in fields.items()}
    optional = {key: checks.pop(key) for key, field in fields.items() if field.get("optional")}
    return record(checks, optional)


READING = record_of("reading")
CELL_RECORD = record_of("cell_record")
HOLDINGS = record_of("holdings")
RELEASE_PREVIEW = record_of("release_preview")
SURVEY = record_of("survey")
STOP_REPORT = record_of("stop_report")


AGENT_MESSAGE = record_of("agent_message")


def check_message(value, path):
    """Check a message of this version; one of another is refused, whatever is in it."""
    AGENT_MESSAGE(value, path)
    one_of(SCHEMA_VERSION)(value["schema"], "schema")


def checked(message):
    """Return ``message`` as it arrives over the wire.

    Raises:
        WireError: if a front end would refuse it.
    """
    check_message(message, "")
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
