"""What a person does in real JupyterLab and Chromium against a CUDA kernel.

Open, leak, warning, holders, release, clear; an out-of-memory error explained;
every notebook and process; a plan.

Needs JupyterLab, playwright (Python), a Chromium named by $CHROMIUM and the
installed wheel; run it as ``python test/gpu/lab_flow.py OUTPUT_FOLDER``. It
prints JSON lines and leaves screenshots. See docs/measurements/gpu-results.md.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable

from playwright.sync_api import Locator, Page, expect, sync_playwright

TOKEN = "gpu-check"
#: ``cpu`` tries the script itself, with the practice device and a smaller model.
DEVICE = os.environ.get("VRAM_DEVICE", "cuda")
LAYERS = 24 if DEVICE == "cuda" else 1
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]

NEIGHBOUR = ["import torch; kept = torch.empty(%d * 2**28, device='%s')" % (LAYERS // 4, DEVICE)]
CELLS = [
    "import torch\nimport torch.nn as nn",
    "layer = nn.TransformerEncoderLayer(2048, 16, 8192, batch_first=True)\n"
    "model = nn.TransformerEncoder(layer, %d).to('%s')" % (LAYERS, DEVICE),
    "x = torch.randn(8, 512, 2048, device='%s')\ny = model(x)" % DEVICE,
    "del model",
    "import time\nfor _ in range(60):\n    z = torch.empty(2**28, device='%s')\n    time.sleep(0.1)"
    % DEVICE,
    "del z",
    "def step():\n    batch = torch.empty(%d * 2**28, device='%s')\n"
    "    return torch.empty(2**40, dtype=torch.uint8, device='%s')\nstep()"
    % (LAYERS // 4 or 1, DEVICE, DEVICE),
]
PANEL = "#jupyterlab-vram-panel"


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def notebook(cells: list[str]) -> str:
    entries = [
        {
            "cell_type": "code",
            "id": "cell-%d" % index,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for index, source in enumerate(cells)
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return json.dumps(
        {
            "cells": entries,
            "metadata": {"kernelspec": kernelspec},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def quiet_settings() -> Path:
    """A settings folder in which JupyterLab does not ask about its news."""
    folder = Path(tempfile.mkdtemp())
    notification = folder / "@jupyterlab" / "apputils-extension"
    notification.mkdir(parents=True)
    (notification / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    return folder


class Lab:
    """A JupyterLab server and one page of it."""

    def __init__(self, page: Page, root: Path) -> None:
        self._page = self.page = page
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._url = "http://127.0.0.1:%d" % probe.getsockname()[1]
        port = self._url.rpartition(":")[2]
        options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=" + port]
        options += ["--IdentityProvider.token=" + TOKEN, "--ServerApp.root_dir=%s" % root]
        options += ["--LabApp.expose_app_in_browser=True"]
        if "LAB_APP_DIR" in os.environ:
            options.append("--LabApp.app_dir=" + os.environ["LAB_APP_DIR"])
        os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(quiet_settings())
        self._log = tempfile.TemporaryFile()
        command = [sys.executable, "-m", "jupyterlab", *options]
        self.server = subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def open(self, path: str) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(self._url + "/api?token=" + TOKEN, timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        self._page.goto("%s/lab/tree/%s?token=%s&reset" % (self._url, path, TOKEN))
        self._page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self._page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")

    def command(self, name: str, **arguments: Any) -> None:
        self._page.evaluate(
            "([name, args]) => void window.jupyterapp.commands.execute(name, args)",
            [name, arguments],
        )

    def run_cell(self, index: int, wait: bool = True) -> None:
        """Run one cell and, unless told not to, wait until it is done."""
        cell = self._page.locator(".jp-Notebook .jp-Cell").nth(index)
        cell.locator(".jp-InputPrompt").click()
        self.command("notebook:run-cell")
        if wait:
            expect(cell.locator(".jp-InputPrompt")).to_have_text(
                re.compile(r"\[\d+\]:"), timeout=90_000
            )

    @property
    def panel(self) -> Locator:
        return self._page.locator(PANEL)


def figures(panel: Locator) -> list[str]:
    """The panel's text, line by line."""
    return [line for line in panel.inner_text().splitlines() if line.strip()]


def shoot(page: Page, lab: Lab, folder: Path, name: str) -> None:
    """Save the page and the panel alone, in both themes."""
    for suffix, is_light in (("light", "true"), ("dark", "false")):
        lab.command("apputils:change-theme", theme="JupyterLab " + suffix.title())
        page.locator('body[data-jp-theme-light="%s"]' % is_light).wait_for(state="attached")
        page.wait_for_load_state("networkidle")
        page.locator("#jupyterlab-splash").wait_for(state="hidden")
        page.screenshot(path=str(folder / ("%s-%s.png" % (name, suffix))))
        lab.panel.screenshot(path=str(folder / ("%s-panel-%s.png" % (name, suffix))))
    lab.command("apputils:change-theme", theme="JupyterLab Light")


def widen(page: Page, width: int) -> None:
    """Drag the edge of the right side area until the panel is about ``width`` wide."""
    box = page.locator(PANEL).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] - 2, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - width - 2, box["y"] + 300, steps=5)
    page.mouse.up()


def flow(page: Page, lab: Lab, folder: Path) -> None:
    lab.open("neighbour.ipynb")
    lab.run_cell(0)
    lab.open("leak.ipynb")
    lab.command("jupyterlab-vram:open-panel")
    lab.panel.wait_for()
    lab.run_cell(0)
    first = "Nothing on the GPU yet" if DEVICE == "cuda" else "practice device"
    expect(lab.panel).to_contain_text(first, timeout=20_000)
    say(step="torch imported", panel=figures(lab.panel)[:6])
    widen(page, 340)
    for index in (1, 2):
        lab.run_cell(index)
    expect(lab.panel).to_contain_text("[3]", timeout=20_000)
    say(step="model ran", panel=figures(lab.panel))
    lab.run_cell(3)
    warning = lab.panel.get_by_text("freed 0 of")
    warning.first.wait_for()
    say(step="del model", panel=figures(lab.panel))
    say(notification=page.locator(".jp-toast-message, .Toastify__toast").first.inner_text())
    lab.run_cell(4, wait=False)
    expect(lab.panel).to_contain_text("Busy")
    say(step="busy", panel=figures(lab.panel)[:4])
    expect(lab.panel).to_contain_text("Idle", timeout=30_000)
    lab.run_cell(5)
    holders(page, lab, folder)
    clear(lab)
    if DEVICE == "cuda":
        out_of_memory(page, lab, folder)
    everything_else(page, lab, folder)


def holders(page: Page, lab: Lab, folder: Path) -> None:
    """The warning names who holds the model; releasing it frees the memory."""
    panel = lab.panel
    warning = panel.locator(".jp-VramWarning", has_text="freed 0 of")
    expect(warning).to_contain_text("y still holds it")
    panel.get_by_role("button", name="Show holders").click()
    expect(panel.locator(".jp-VramHolder").first).to_be_visible()
    expect(panel).to_contain_text(re.compile("(99|100) % named"))
    say(step="holders", panel=figures(panel))
    close_notifications(page)
    shoot(page, lab, folder, "leak")
    warning.get_by_role("button", name="Release y").click()
    dialog = page.locator(".jp-Dialog")
    say(step="release", dialog=dialog.inner_text().splitlines())
    page.screenshot(path=str(folder / "release.png"))
    dialog.locator(".jp-mod-accept").click()
    expect(warning).to_have_count(0, timeout=20_000)
    say(step="released", panel=figures(panel))


def clear(lab: Lab) -> None:
    panel = lab.panel
    panel.get_by_role("button", name="Clear GPU memory").first.click()
    expect(panel.get_by_text("stayed").first).to_be_visible(timeout=30_000)
    output = lab.page.locator(".jp-Notebook .jp-OutputArea-output").last
    expect(output).to_contain_text("after", timeout=30_000)
    say(step="cleared", panel=figures(panel)[:12], cell_output=output.inner_text().splitlines())


def out_of_memory(page: Page, lab: Lab, folder: Path) -> None:
    """A real error: the explanation, who holds what, and the release of the traceback."""
    panel = lab.panel
    lab.run_cell(7)
    told = panel.locator(".jp-VramOom")
    told.first.wait_for(timeout=30_000)
    say(step="out of memory", panel=figures(panel)[:30])
    close_notifications(page)
    shoot(page, lab, folder, "oom")
    panel.get_by_role("button", name=re.compile("Find who holds it|Search again")).click()
    row = panel.locator(".jp-VramHolder", has_text="step() in the last traceback")
    row.wait_for(timeout=20_000)
    before = row.inner_text().splitlines()
    row.get_by_role("button", name=re.compile("^Release")).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(row).to_have_count(0, timeout=20_000)
    say(step="traceback released", row=before, panel=figures(panel)[:12])


def everything_else(page: Page, lab: Lab, folder: Path) -> None:
    """Every notebook and process, and a plan."""
    panel = lab.panel
    panel.get_by_role("button", name=re.compile("Notebooks and processes")).click()
    expect(panel).to_contain_text("neighbour.ipynb", timeout=20_000)
    expect(panel.locator(".jp-VramProcesses, .jp-VramKernels").first).to_be_visible()
    panel.get_by_role("button", name=re.compile("^Plan")).click()
    panel.locator(".jp-VramPlan").wait_for(timeout=20_000)
    expect(panel.get_by_role("radiogroup", name="Formats")).to_be_visible(timeout=20_000)
    say(step="notebooks, processes, plan", panel=figures(panel))
    fold(panel, "Timeline", "Latest cells", "Held by", "Insert a cell")
    shoot(page, lab, folder, "rest")


def fold(panel: Locator, *titles: str) -> None:
    """Fold sections away, so that others have room."""
    for title in titles:
        button = panel.get_by_role("button", name=re.compile("^" + title))
        if button.count() and button.first.get_attribute("aria-expanded") == "true":
            button.first.click()


def close_notifications(page: Page) -> None:
    for _ in range(5):
        toast = page.locator(".Toastify__close-button")
        if toast.count() == 0:
            return
        toast.first.click()
        page.locator(".Toastify__toast").first.wait_for(state="hidden", timeout=5_000)


def drive(
    flow: Callable[[Page, Lab, Path], None], notebooks: dict[str, list[str]], height: int = 900
) -> None:
    """Run a flow in JupyterLab with these notebooks; pictures go to the folder in ``argv``."""
    folder, root = Path(sys.argv[1]), Path(tempfile.mkdtemp())
    for name, cells in notebooks.items():
        (root / name).write_text(notebook(cells))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        viewport = {"width": 1360, "height": height}
        page = browser.new_page(viewport=viewport, device_scale_factor=1.5)
        lab = Lab(page, root)
        try:
            flow(page, lab, folder)
        except Exception:
            page.screenshot(path=str(folder / "failure.png"))
            if lab.panel.count():
                say(failed=figures(lab.panel))
            raise
        finally:
            lab.server.terminate()
            browser.close()


if __name__ == "__main__":
    drive(flow, {"leak.ipynb": CELLS, "neighbour.ipynb": NEIGHBOUR})
