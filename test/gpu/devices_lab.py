"""Two real GPUs in JupyterLab and Chromium: a model spread over both, a leak, an error on one.

Needs what ``lab_flow.py`` needs, two GPUs and accelerate; run it as
``python test/gpu/devices_lab.py OUTPUT_FOLDER``. It prints JSON lines and
leaves screenshots. See docs/measurements/gpu-results.md.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from lab_flow import Lab, clear, close_notifications, drive, figures, fold, say, shoot, widen
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from pathlib import Path

CELLS = [
    "import accelerate, torch\nimport torch.nn as nn",
    "layer = nn.TransformerEncoderLayer(2048, 16, 8192, batch_first=True)\n"
    "model = nn.TransformerEncoder(layer, 24)\n"
    "places = {f'layers.{n}': n // 12 for n in range(24)}\n"
    "model = accelerate.dispatch_model(model, places)",
    "x = torch.randn(8, 512, 2048, device='cuda:0')\ny = model(x)",
    "del model",
    "free_bytes = torch.cuda.mem_get_info(1)[0]\n"
    "full = torch.empty(free_bytes - 28 * 2**30, dtype=torch.uint8, device='cuda:1')",
    "def step():\n    return torch.empty(40 * 2**30, dtype=torch.uint8, device='cuda:1')\nstep()",
]
#: A process of nobody's, on both.
BARE = (
    "import time, torch; kept = [torch.empty(2**30, device='cuda:%d' % n) for n in (0, 1)]; "
    "print('ready', flush=True); time.sleep(600)"
)


def flow(page: Page, lab: Lab, folder: Path) -> None:
    lab.open("spread.ipynb")
    lab.command("jupyterlab-vram:open-panel")
    lab.panel.wait_for()
    lab.run_cell(0)
    widen(page, 360)
    for index in (1, 2):
        lab.run_cell(index)
    expect(lab.panel.locator(".jp-VramDevice")).to_have_count(2, timeout=20_000)
    expect(lab.panel).to_contain_text("cuda:1", timeout=20_000)
    say(step="spread", panel=figures(lab.panel))
    holders(page, lab, folder)
    clear(lab)
    say(step="cleared", panel=figures(lab.panel)[:24])
    shoot(page, lab, folder, "two-cleared")
    out_of_memory(page, lab, folder)
    everything_else(page, lab, folder)


def holders(page: Page, lab: Lab, folder: Path) -> None:
    """The model is one holder on both; after ``del model`` the warning names who has it."""
    panel = lab.panel
    panel.get_by_role("button", name="Find who holds it").click()
    row = panel.locator(".jp-VramHolder", has_text="model").first
    expect(row).to_contain_text("cuda:0", timeout=20_000)
    row.locator(".jp-VramHolder-fold").click()
    expect(row.locator(".jp-VramHolder-details")).to_contain_text("cuda:1:")
    say(step="holder", row=row.inner_text().splitlines())
    close_notifications(page)
    shoot(page, lab, folder, "two-holders")
    lab.run_cell(3)
    warning = panel.locator(".jp-VramWarning", has_text="freed 0 of")
    expect(warning.first).to_contain_text("y", timeout=20_000)
    say(step="del model", warnings=[each.splitlines() for each in warning.all_inner_texts()])
    warning.first.get_by_role("button", name=re.compile("^Release")).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(warning).to_have_count(0, timeout=20_000)
    say(step="released", panel=figures(panel)[:30])


def out_of_memory(page: Page, lab: Lab, folder: Path) -> None:
    """The error names cuda:1, and cuda:0, which has room, is offered."""
    lab.run_cell(5)
    # The clearing cell was inserted above.
    lab.run_cell(6)
    told = lab.panel.locator(".jp-VramOom")
    told.first.wait_for(timeout=30_000)
    expect(told.first).to_contain_text("On cuda:1")
    expect(told.first).to_contain_text(re.compile(r"cuda:0 has [\d.]+ GiB free: put it there"))
    say(step="out of memory", told=told.first.inner_text().splitlines())
    close_notifications(page)
    shoot(page, lab, folder, "two-oom")
    lab.panel.get_by_role("button", name="Dismiss", exact=True).first.click()


def everything_else(page: Page, lab: Lab, folder: Path) -> None:
    """One row for a process on both, and a plan across both."""
    panel = lab.panel
    bare = subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True)
    try:
        assert bare.stdout is not None
        bare.stdout.readline()
        panel.get_by_role("button", name=re.compile("Notebooks and processes")).click()
        panel.get_by_text("orphan").first.wait_for(timeout=30_000)
        rows = panel.locator(".jp-VramProcesses-spread tr")
        # This kernel and the bare process, each with both figures.
        expect(rows).to_have_count(2)
        for row in rows.all():
            expect(row).to_contain_text(
                re.compile(r"GPU 0 [\d.]+ .iB.*GPU 1 [\d.]+ .iB", re.DOTALL)
            )
        panel.get_by_role("button", name=re.compile("^Plan")).click()
        panel.locator(".jp-VramPlan").wait_for(timeout=20_000)
        across(lab)
        say(step="processes, plan", pid=bare.pid, panel=figures(panel))
        fold(panel, "Timeline", "Latest cells", "Held by", "Insert a cell", "Warnings")
        shoot(page, lab, folder, "two-rest")
    finally:
        bare.kill()


def across(lab: Lab) -> None:
    """Choose both GPUs together."""
    field = lab.panel.locator(".jp-VramPlan").get_by_label("GPU", exact=True)
    labels = field.locator("option").all_inner_texts()
    both = [each for each in labels if "together" in each]
    say(step="GPUs to plan for", labels=labels[:4])
    field.select_option(label=both[0])


if __name__ == "__main__":
    drive(flow, {"spread.ipynb": CELLS}, height=1000)
