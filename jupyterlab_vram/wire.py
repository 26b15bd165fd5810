"""The constants of the wire format.

Written by ``scripts/wire.mjs`` from ``src/core/wire/wire.json``: change that, and run it again.
"""

from __future__ import annotations

SCHEMA_VERSION = 2
MIME_TYPE = "application/vnd.jupyterlab-vram+json"
#: Viewers of one agent.
MAX_VIEWERS = 16
#: Characters of a viewer's name.
MAX_VIEWER_LENGTH = 64
#: Models in the cache of one kernel.
MAX_CACHED_MODELS = 200
#: Files that one model is split over.
MAX_MODEL_FILES = 1000
#: The shortest time between two pushes about a running cell that a viewer may ask for, and the
#: usual one.
MIN_PUSH_INTERVAL_S = 0.25
#: The longest time between two pushes about a running cell.
MAX_PUSH_INTERVAL_S = 5.0
#: Long cells are reported ever more slowly, since a server buffers what nobody reads: the
#: interval is this share of the cell's age, within the bounds.
PUSH_BACKOFF_SHARE = 0.005
#: The shortest lease of a viewer.
MIN_LEASE_S = 5.0
#: The longest lease of a viewer.
MAX_LEASE_S = 86400.0
#: A process that holds more than this and is no kernel's may have been forgotten, unless the
#: viewer says otherwise.
LEFTOVER_THRESHOLD_BYTES = 200 << 20
#: An error that has one of these is about memory. Each has one of the mentions. For the agent;
#: src/core/oom has patterns, which read more. In lower case and without spaces.
OOM_SIGNS = (
    "outofmemory",
    "out_of_memory",
    "outofdevicememory",
    "out_of_device_memory",
    "out_of_host_memory",
    "_out_of_resources",
    "memory_error",
    "alloc_failed",
    "nrtallocationfailed",
    "notenoughmemory",
    "gpuvideomemory",
    "enoughgpuram",
    "can'tallocatememory",
    "notallocatememory",
    "unabletoallocate",
    "failedtoallocatememory",
    "failedtoallocatebuffer",
    "devicememoryallocationof",
    "attemptingtoallocate",
    "atthebottomofmemory",
    "triedtoallocate",
    "tryingtoallocate",
    "errorallocating",
    "exhausted:failedtoalloc",
    "oomwhenallocating",
    "exceedallowedmemory",
    "batchsizefound",
    "memoryforthecache",
    "kvcacheisneeded",
    "storedinkvcache",
    "lessthandesiredgpumemory",
    "invalidbuffersize",
    "totalbytesofndarray",
    "dsttensorisnot",
    "poolsizeexceeded",
    "moresystemmemory",
    "memorybuffer.cpp::resize",
    "std::bad_alloc",
    "winerror1455",
    "oserror1455",
    "iskilledbysignal",
)
