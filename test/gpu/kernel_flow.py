"""Drives a real IPython kernel on a real GPU and prints what the agent says, as JSON lines.

Needs jupyter_client, ipykernel and a CUDA build of torch; run it as
``python test/gpu/kernel_flow.py`` in a checkout. See docs/measurements/gpu-results.md.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[2]
MIME_TYPE = "application/vnd.jupyterlab-vram+json"

LAYERS = "nn.Sequential(*[nn.Linear(8192, 8192) for _ in range(8)]).cuda()"
SCENARIOS = {
    "plain del": ["model = %s" % LAYERS, "del model"],
    "graph holds the weights": [
        "model = %s" % LAYERS,
        "y = model(torch.randn(64, 8192, device='cuda'))",
        "del model",
        "del y",
    ],
    "Out holds the model": [
        "model = %s" % LAYERS,
        "model",
        "del model",
        "Out.clear(); get_ipython().displayhook.flush()",
    ],
    "moved on purpose": ["model = %s" % LAYERS, "net = model; del model", "del net"],
    "optimizer goes, model stays": [
        "model = %s; optimizer = torch.optim.SGD(model.parameters(), lr=0.1)" % LAYERS,
        "del optimizer",
        "del model",
    ],
    "grows with every run": ["kept = []"] + ["kept.append(torch.ones(2**26, device='cuda'))"] * 4,
    "fragmentation": [
        "kept.clear(); import gc; gc.collect(); torch.cuda.empty_cache()",
        "blocks = [torch.empty(2**18, device='cuda') for _ in range(4000)]",
        "blocks = blocks[::40]",
        "del blocks",
    ],
    "out of memory": ["torch.empty(2**40, device='cuda')", "1 + 1"],
}


class Kernel:
    """One kernel and the pushes it sent."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        self._manager, self._client = start_new_kernel(env=environment)
        self._bootstrap = (ROOT / "jupyterlab_vram" / "agent" / "bootstrap.py").read_text()
        self.pushes: list[dict[str, Any]] = []

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request to the agent as a front end does."""
        namespace = {"request": json.dumps(request), "archive": None, "schema_version": 2}
        expression = "(lambda ns: (exec(%r, ns), ns['reply'])[1])(%r)" % (
            self._bootstrap,
            namespace,
        )
        content = self._execute("", silent=True, user_expressions={"answer": expression})
        answer: dict[str, Any] = content["user_expressions"]["answer"]["data"][MIME_TYPE]
        return answer

    def run(self, code: str) -> str:
        """Run a cell and return what it printed."""
        self._execute(code)
        return self._drain(0.7)

    def stop(self) -> None:
        self._manager.shutdown_kernel(now=True)

    def _execute(self, code: str, **options: Any) -> dict[str, Any]:
        message_id = self._client.execute(code, **options)
        while True:
            reply = self._client.get_shell_msg(timeout=120)
            if reply["parent_header"]["msg_id"] == message_id:
                content: dict[str, Any] = reply["content"]
                return content

    def _drain(self, seconds: float) -> str:
        end, text = time.monotonic() + seconds, ""
        while time.monotonic() < end:
            try:
                message = self._client.get_iopub_msg(timeout=0.1)
            except Exception:
                continue
            if message["msg_type"] == "update_display_data":
                self.pushes.append(message["content"]["data"][MIME_TYPE])
            elif message["msg_type"] == "stream":
                text += message["content"]["text"]
        return text


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def scenario(kernel: Kernel, name: str, cells: list[str]) -> None:
    for code in cells:
        kernel.pushes.clear()
        kernel.run(code)
        records = [push["finished"] for push in kernel.pushes if push["finished"]]
        last = kernel.pushes[-1]
        say(
            scenario=name,
            code=code[:60],
            device=[
                {key: value for key, value in device.items() if key.endswith("bytes")}
                for device in last["reading"]["devices"]
            ],
            peak=[
                (device["peak_allocated_bytes"], device["peak_exact"])
                for record in records
                for device in record["devices"]
            ],
            removed=[entry for record in records for entry in record["removed"]],
            leaks=last["leaks"],
            state=last["reading"]["state"],
        )


COST = """
import time, statistics
from jupyterlab_vram.devices.readings import take_reading, allocations
blocks = [torch.empty(128, device="cuda") for _ in range(20000)]
def timed(ask):
    seconds = []
    for _ in range(300):
        start = time.perf_counter(); ask(); seconds.append(time.perf_counter() - start)
    return round(statistics.median(seconds) * 1000, 4), round(sorted(seconds)[285] * 1000, 4)
print({"reading_ms": timed(take_reading), "allocations_ms": timed(allocations)})
del blocks
"""

CAPTURE = """
import jupyterlab_vram
graph = torch.cuda.CUDAGraph()
x = torch.ones(2**20, device="cuda")
stream = torch.cuda.Stream()
with torch.cuda.stream(stream):
    graph.capture_begin()
    for _ in range(20):
        y = x * 2
        time.sleep(0.2)
    reading = jupyterlab_vram.reading()
    try:
        jupyterlab_vram.clear(); refused = None
    except jupyterlab_vram.ClearRefusedError as error:
        refused = str(error)
    graph.capture_end()
graph.replay(); torch.cuda.synchronize()
print({"capturing": reading["capturing"], "state": reading["state"], "detail": reading["detail"], "refused": refused, "y": y[0].item()})
del x, y, graph
"""


def main() -> None:
    kernel = Kernel()
    try:
        answer = kernel.ask({"op": "attach", "viewer": "gpu-check", "interval_ms": 250})
        say(attached=answer["kind"], state=answer["reading"]["state"], reason=answer.get("reason"))
        kernel.run("import torch, torch.nn as nn, time")
        say(after_import=kernel.pushes[-1]["reading"]["state"])
        version = kernel.run("print(torch.__version__, torch.cuda.get_device_name(0))")
        say(version=version.strip(), state=kernel.pushes[-1]["reading"]["state"])
        for name, cells in SCENARIOS.items():
            scenario(kernel, name, cells)
        say(cost=kernel.run(COST).strip())
        say(capture=kernel.run(CAPTURE).strip())
        say(pushes_during_capture=len(kernel.pushes))
        say(cleared=kernel.ask({"op": "clear"})["clear"])
        say(final=kernel.ask({"op": "attach", "viewer": "x", "interval_ms": 250})["reading"])
    finally:
        kernel.stop()


if __name__ == "__main__":
    main()
