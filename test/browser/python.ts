/** Python for cells; what it allocates counts on the practice device. */

export const MIB = 2 ** 20;

/** 192 MiB of weights, and a result whose autograd graph holds them. */
export const MODEL = `import torch
model = torch.nn.Sequential(*[torch.nn.Linear(4096, 4096) for layer in range(3)])`;
export const LEAK = 'y = model(torch.randn(64, 4096))\ndel model';
export const END_OF_LEAK = 'del y';

/** Take memory without torch, which loads in no time. */
export function take(name: string, mib: number): string {
  return `${name} = bytearray(${mib} << 20)`;
}

export function sleep(seconds: number): string {
  return `import time\ntime.sleep(${seconds})`;
}

/** Send each of `payloads`, Python expressions, as if it came from the agent. */
export function push(...payloads: string[]): string {
  return `import json
kernel = get_ipython().kernel
for payload in [${payloads.join(', ')}]:
    kernel.session.send(
        kernel.iopub_socket,
        "update_display_data",
        {
            "data": {"application/vnd.jupyterlab-vram+json": payload},
            "metadata": {},
            "transient": {"display_id": "jupyterlab-vram"},
        },
        parent=kernel.get_parent(),
    )
"the cell went on"`;
}

/** The Python expression of a JSON value. */
export function python(value: unknown): string {
  // JSON text is also a Python string literal: Python knows all of its escapes.
  return `json.loads(${JSON.stringify(JSON.stringify(value))})`;
}

/** End the real agent, so that nothing follows what is pushed in its name. */
export const WITHOUT_AGENT =
  'import jupyterlab_vram.frontend as agent\nagent.stop()';
