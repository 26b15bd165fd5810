"""Something to find, and the walk that finds it."""

from quiet_torch import torch

from jupyterlab_vram.devices.tensors import alive_bytes
from jupyterlab_vram.holders.walker import Walker

MIB = 2**20


def reached(root, namespace=None, seconds=30.0):
    walker = Walker({} if namespace is None else namespace, seconds)
    return alive_bytes(walker.storages(root).values()), walker.is_complete


def big():
    return torch.ones(MIB // 4)
