"""What must be said of devices that torch and ``nvidia-smi`` number differently.

Compares texts with what ``nvidia-smi`` itself told; needs no GPU, so that
``test/python`` can check the checks.
"""

from __future__ import annotations

import re
from typing import Any


def parse_numbers(rows: str) -> dict[str, int]:
    """Read ``--query-gpu=index,uuid``: each GPU's number by its UUID, without ``GPU-``."""
    found = {}
    for row in rows.splitlines():
        index, _, uuid = row.partition(",")
        found[uuid.strip().removeprefix("GPU-")] = int(index)
    return found


def label_of(device: dict[str, Any], numbers: dict[str, int]) -> str:
    """Return how a device has to be called: with both numbers where they differ."""
    number = numbers[device["uuid"].removeprefix("GPU-")]
    own = device["id"]
    return own if number == device["index"] else f"{own} (GPU {number} in nvidia-smi"


def wrong_readings(devices: list[dict[str, Any]], numbers: dict[str, int]) -> list[str]:
    """Return the devices whose ``driver_index`` is not ``nvidia-smi``'s."""
    return [
        f"{each['id']}: {each.get('driver_index')}"
        for each in devices
        if each.get("driver_index") != numbers[each["uuid"].removeprefix("GPU-")]
    ]


def wrong_lines(text: str, devices: list[dict[str, Any]], numbers: dict[str, int]) -> list[str]:
    """Return the devices that a table does not call as it has to."""
    wrong = []
    for device in devices:
        label = label_of(device, numbers)
        lines = [line for line in text.splitlines() if re.match(rf"{device['id']}\b", line)]
        differs = label != device["id"]
        if not lines or any(line.startswith(label) is False for line in lines):
            wrong.append(f"{device['id']}: {label}")
        elif not differs and any("nvidia-smi" in line for line in lines):
            wrong.append(f"{device['id']}: two numbers that are one")
    return wrong


def wrong_headings(text: str, devices: list[dict[str, Any]], numbers: dict[str, int]) -> list[str]:
    """Return the GPUs of a process table that do not say what this kernel calls them."""
    wrong = []
    headings = [line for line in text.splitlines() if re.match(r"(GPU|MIG slice) \d", line)]
    for device in devices:
        number = numbers[device["uuid"].removeprefix("GPU-")]
        said = [line for line in headings if f"{device['id']} in this kernel" in line]
        its = [line for line in headings if re.match(rf"GPU {number}\b", line)]
        if not its or said != (its if number != device["index"] else []):
            wrong.append(f"GPU {number}: {its}, {device['id']}: {said}")
    return wrong
