"""The practice device's blocks: read only while they are there, and safely."""

import ctypes
import mmap
import subprocess
import sys
from pathlib import Path

import pytest
from kernels import ROOT
from quiet_torch import torch

from jupyterlab_vram.devices import blocks as memory
from jupyterlab_vram.devices import practice
from jupyterlab_vram.devices.blocks import Memory
from jupyterlab_vram.devices.tensors import Storage
from jupyterlab_vram.holders.walker import Walker

pytestmark = pytest.mark.usefixtures("practice_device")

MIB = 2**20


class Weak:
    def __init__(self, is_dead):
        self._is_dead = is_dead

    def expired(self):
        return self._is_dead


def storage_of(tensor):
    (storage,) = Walker({}, 1.0).storages(tensor).values()
    return storage


def test_a_block_has_the_size_that_the_c_library_took():
    x = torch.empty(16 * MIB // 4)
    storage = storage_of(x)
    before = practice.counters()[0]
    taken = Memory().taken_bytes(storage)
    del x
    assert taken == before - practice.counters()[0]


def test_what_is_gone_is_not_read(monkeypatch):
    x = torch.empty(16 * MIB // 4)
    storage = storage_of(x)
    now = Memory()
    del x
    monkeypatch.setattr(memory.OwnMemory, "read", lambda *_args: pytest.fail("read what is gone"))
    assert now.taken_bytes(storage) == 0


FATAL = """
import mmap, sys
from jupyterlab_vram.devices import blocks as memory, practice
from jupyterlab_vram.devices.tensors import Storage
import ctypes
class Alive:
    def expired(self): return False
practice.switch_on()
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.mmap.argtypes = [ctypes.c_void_p, *[ctypes.c_size_t] * 5]
address = libc.mmap(None, 1 << 24, 3, 0x22, 0, 0)
libc.munmap(address, 1 << 24)
print(memory.Memory().taken_bytes(Storage(Alive(), "practice", 1 << 23, address + 64)))
"""


def test_memory_that_is_not_mapped_any_more_is_read_without_harm():
    # Another thread may free it between the two looks; in a process of its own, since it may die.
    done = subprocess.run(  # noqa: S603 - the program is above
        [sys.executable, "-c", FATAL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_where_nothing_can_be_read_a_storage_takes_whole_pages(monkeypatch):
    monkeypatch.setattr(memory.OwnMemory, "_open", lambda _self: None)
    x = torch.empty(16 * MIB // 4)
    assert 16 * MIB < Memory().taken_bytes(storage_of(x)) <= 16 * MIB + 2 * mmap.PAGESIZE


def test_no_file_stays_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    x = torch.empty(16 * MIB // 4)
    for _ in range(5):
        Memory().taken_bytes(storage_of(x))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_reading_own_memory():
    text = ctypes.create_string_buffer(b"as it is")
    own = memory.OwnMemory()
    assert own.read(ctypes.addressof(text), 8) == b"as it is"
    assert own.read(0, 8) == b""
    assert Storage(Weak(is_dead=True), "practice", 1, 1).is_alive() is False
