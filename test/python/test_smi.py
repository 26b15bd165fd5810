"""What nvidia-smi prints, in its many shapes."""

import os
import random
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from jupyterlab_vram.nvidia import smi
from jupyterlab_vram.nvidia.types import MAX_PID, DriverError, Gpu, GpuUse

MIB = 2**20
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "nvidia-smi"
FIRST = "11111111-aaaa-bbbb-cccc-000000000001"
SECOND = "22222222-aaaa-bbbb-cccc-000000000002"
SLICED = "33333333-aaaa-bbbb-cccc-000000000003"


def fixture(name):
    return (FIXTURES / name).read_text(encoding="utf-8")


def parse(name, uuids=None):
    return smi.parse_xml(fixture(name), uuids or {})


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Put a program called nvidia-smi on the path, with one answer for each first word."""

    def program(answers=(), code=0):
        answers = dict(answers)
        cases = []
        for number, (word, text) in enumerate(answers.items()):
            (tmp_path / str(number)).write_bytes(text if isinstance(text, bytes) else text.encode())
            cases.append(f'{word}*) cat "{tmp_path}/{number}";;')
        script = tmp_path / "nvidia-smi"
        body = "\n".join(cases)
        script.write_text(f'#!/bin/sh\ncase "$1" in\n{body}\nesac\nexit {code}\n')
        script.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


def test_two_gpus_and_one_process_of_each_kind():
    answer = parse("two-gpus.xml")
    assert answer.source == "nvidia-smi"
    assert answer.gpus == (
        Gpu(FIRST, None, 0, "NVIDIA GeForce RTX 4090", 24564 * MIB, 9130 * MIB, True),
        Gpu(SECOND, None, 1, "NVIDIA RTX A6000", 49140 * MIB, 3 * MIB, True),
    )
    assert answer.uses == (
        GpuUse(FIRST, 1402, 318 * MIB, "graphics", "/usr/lib/xorg/Xorg"),
        GpuUse(FIRST, 8211, 902 * MIB, "both", "/opt/viewer/viewer --enable"),
        GpuUse(FIRST, 40312, 7712 * MIB, "compute", "/home/ada/env/bin/python"),
    )


def test_what_an_h100_really_printed():
    answer = parse("h100.xml")
    assert [(gpu.index, gpu.name, gpu.used_bytes) for gpu in answer.gpus] == [
        (0, "NVIDIA H100 80GB HBM3", 17737 * MIB)
    ]
    figures = {1114: 4614, 1162: 6662, 1213: 1542, 1243: 2566, 1269: 1030, 1300: 1286}
    assert {use.pid: use.used_bytes for use in answer.uses} == {
        pid: mebibytes * MIB for pid, mebibytes in figures.items()
    }
    assert {use.program for use in answer.uses} == {"/opt/torch/.venv/bin/python3"}


def test_slices_have_their_own_memory_and_processes():
    uuids = smi.slice_uuids(fixture("mig-list.txt"))
    answer = parse("mig.xml", uuids)
    whole, first, second = answer.gpus
    assert (whole.uuid, whole.total_bytes, whole.used_bytes) == (SLICED, 81920 * MIB, None)
    assert first.uuid == "MIG-44444444-aaaa-bbbb-cccc-000000000004"
    assert second.uuid == "MIG-55555555-aaaa-bbbb-cccc-000000000005"
    assert (second.parent_uuid, second.index, second.used_bytes) == (SLICED, 1, 5037 * MIB)
    assert answer.uses == (GpuUse(second.uuid, 5120, 4961 * MIB, "compute", "python"),)


def test_slices_without_a_list_of_names_are_told_apart():
    _, first, second = parse("mig.xml").gpus
    assert first.uuid == f"MIG-GPU-{SLICED}/1/0"
    assert second.uuid == f"MIG-GPU-{SLICED}/2/0"


def test_a_figure_that_is_not_told_is_unknown():
    uses = parse("wsl.xml").uses
    assert [(use.pid, use.used_bytes) for use in uses] == [(1830, None), (7724, None)]


def test_a_driver_that_lists_no_processes_is_not_one_with_none():
    assert [gpu.is_listed for gpu in parse("not-listed.xml").gpus] == [False]
    assert [gpu.is_listed for gpu in parse("two-gpus.xml").gpus] == [True, True]


def test_five_hundred_processes():
    entry = (
        "<process_info><pid>%d</pid><type>C</type><used_memory>%d MiB</used_memory></process_info>"
    )
    entries = "".join(entry % (1000 + n, n) for n in range(500))
    text = fixture("not-listed.xml").replace(">N/A</processes>", f">{entries}</processes>")
    started_s = time.monotonic()
    answer = smi.parse_xml(text, {})
    assert len(answer.uses) == 500
    # Listed with nothing is as good as not known.
    assert answer.uses[0].used_bytes is None
    assert answer.uses[499].used_bytes == 499 * MIB
    assert time.monotonic() - started_s < 1


def test_tables_take_over_where_the_xml_is_broken(program):
    with pytest.raises(ET.ParseError):
        parse("unescaped.xml")
    tables = {"--query-gpu": fixture("gpus.csv"), "--query-compute": fixture("apps.csv")}
    program({"-q": fixture("unescaped.xml"), **tables})
    answer = smi.ask()
    assert [(gpu.uuid, gpu.used_bytes) for gpu in answer.gpus] == [
        (FIRST, 9130 * MIB),
        (SECOND, None),
    ]
    assert answer.uses == (
        GpuUse(FIRST, 40312, 7712 * MIB, "compute", "/home/ada/R&D/<run>/python, with, commas"),
        GpuUse(SECOND, 1830, None, "compute", None),
        GpuUse(SECOND, 1831, None, "compute", None),
    )


def test_the_program_is_asked_for_slices_only_where_there_are_some(program):
    program({"-q": fixture("mig.xml"), "-L": fixture("mig-list.txt")})
    assert smi.ask().gpus[1].uuid == "MIG-44444444-aaaa-bbbb-cccc-000000000004"


@pytest.mark.parametrize(
    ("code", "said", "state"),
    [
        (18, "Failed to initialize NVML: Driver/library version mismatch", "mismatch"),
        (18, "Échec d'initialisation de NVML", "mismatch"),
        (9, "NVIDIA-SMI has failed because it couldn't communicate with the driver.", "no-driver"),
        (12, "NVML Shared Library Not Found", "no-driver"),
        (6, "No devices were found", "no-devices"),
        (4, "Insufficient Permissions", "no-permission"),
        (15, "Unable to determine the device handle: GPU is lost", "lost"),
        (255, "Internal Error", "failed"),
        (1, "", "failed"),
    ],
)
def test_a_program_that_fails_says_why(program, code, said, state):
    program({"-q": said and said + "\nmore\n"}, code)
    with pytest.raises(DriverError) as caught:
        smi.ask()
    assert (caught.value.state, caught.value.detail) == (state, said)


def test_no_program(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DriverError, match="no-tool"):
        smi.ask()


def test_a_program_that_hangs(program, monkeypatch):
    program()

    def run(*_args, **options):
        raise subprocess.TimeoutExpired("nvidia-smi", options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DriverError, match="timeout"):
        smi.ask()


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"<a>", b"<a/>", b"<a><gpu/></a>", b"{}"])
def test_what_names_no_gpu_is_an_error(program, text):
    program({"-q": text})
    with pytest.raises(DriverError):
        smi.ask()


@pytest.mark.usefixtures("program")
def test_the_program_speaks_english_whatever_the_language(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    (tmp_path / "nvidia-smi").write_text('#!/bin/sh\nprintf %s "$LC_ALL"\n')
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert smi.run() == "C"
    assert os.environ["LC_ALL"] == "de_DE.UTF-8"


def is_sound(answer):
    for use in answer.uses:
        assert 0 < use.pid <= MAX_PID
        assert use.used_bytes is None or 0 < use.used_bytes < 2**53
    for gpu in answer.gpus:
        assert gpu.uuid
        for figure in (gpu.total_bytes, gpu.used_bytes):
            assert figure is None or 0 <= figure < 2**53
    keys = [(use.uuid, use.pid) for use in answer.uses]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_printed_is_read_soundly_or_refused(seed):
    """Figures, lines and characters change places at random."""
    randomness = random.Random(seed)  # noqa: S311 - the same in every run
    odd = [
        "",
        "N/A",
        "-1 MiB",
        "0",
        "\uff19 MiB",
        "4294967295",
        str(2**64),
        "1 EiB",
        "\0",
        "[x]",
        ",",
    ]
    text = fixture(randomness.choice(["two-gpus.xml", "mig.xml", "wsl.xml", "apps.csv"]))
    for _ in range(randomness.randrange(1, 12)):
        start = randomness.randrange(len(text))
        end = start + randomness.randrange(12)
        text = text[:start] + randomness.choice(odd) + text[end:]
    for read in (
        lambda: smi.parse_xml(text, {}),
        lambda: smi.parse_tables(fixture("gpus.csv"), text),
        lambda: smi.parse_tables(text, fixture("apps.csv")),
    ):
        with suppress(DriverError, ET.ParseError):
            is_sound(read())
    smi.slice_uuids(text)


@pytest.mark.parametrize("seed", range(40))
def test_what_was_written_is_what_is_read(seed):
    """Of any list of processes, each figure comes back with its own process."""
    randomness = random.Random(seed)  # noqa: S311 - the same in every run
    pids = randomness.sample(range(1, MAX_PID), randomness.randrange(1, 60))
    truth = {pid: randomness.choice([None, randomness.randrange(1, 90000)]) for pid in pids}
    names = ["python", "a, b", "C:\\x y.exe", "[Not Found]", ""]
    lines, entries = [], []
    for pid, mebibytes in truth.items():
        name = randomness.choice(names)
        lines.append(f"GPU-{FIRST}, {pid}, {mebibytes or '[N/A]'}, {name}")
        figure = f"{mebibytes} MiB" if mebibytes else "N/A"
        entries.append(
            f"<process_info><pid>{pid}</pid><type>C</type><process_name>{name}</process_name>"
            f"<used_memory>{figure}</used_memory></process_info>"
        )
    xml = fixture("not-listed.xml").replace(">N/A</pro", f">{''.join(entries)}</pro")
    expected = {pid: mebibytes and mebibytes * MIB for pid, mebibytes in truth.items()}
    for uses in (smi.parse_xml(xml, {}).uses, smi.parse_apps("\n".join(lines))):
        assert {use.pid: use.used_bytes for use in uses} == expected
