"""torch, imported without its warning that there is no NumPy."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch

__all__ = ["torch"]
