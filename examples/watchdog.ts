/**
 * Warns when a notebook idles with GPU memory held, or clears it.
 *
 *     deno run --allow-net=localhost --allow-env=JUPYTER_TOKEN examples/watchdog.ts \
 *       --url http://localhost:8888/ --minutes 30
 *
 * The token comes from the variable JUPYTER_TOKEN. `--clear` clears what is only cached,
 * `--release outputs,tracebacks` releases these first, `--mib` is what is worth reporting
 * (512), `--once` looks once. Notebooks to which no browser is connected are left alone:
 * the server would drop what it keeps for one that is offline. `--may-drop-output` asks them, too.
 */
import { parseArgs } from 'node:util';

import {
  connect,
  formatBytes,
  type INotebook,
  type INotebookReading
} from 'npm:jupyterlab-vram/deno';

const MIB = 2 ** 20;
const EVERY_MS = 60_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8888/' },
    minutes: { type: 'string', default: '30' },
    mib: { type: 'string', default: '512' },
    release: { type: 'string', default: '' },
    clear: { type: 'boolean', default: false },
    'may-drop-output': { type: 'boolean', default: false },
    once: { type: 'boolean', default: false }
  }
});
const token = Deno.env.get('JUPYTER_TOKEN') ?? '';
const room = connect({ url: values.url, token });
const idleMs = Number(values.minutes) * 60_000;
const leastBytes = Number(values.mib) * MIB;
const mayDropOutput = values['may-drop-output'];
const release = values.release.split(',').filter(name => name !== '');

/** To be asked is an activity, too: until something else happens, a kernel is asked once. */
const askedMs = new Map<string, number>();

function isIdle({ kernelId, state, lastActivityMs }: INotebook): boolean {
  const isSame = askedMs.get(kernelId) === lastActivityMs;
  const ageMs = Date.now() - (lastActivityMs ?? Date.now());
  return state === 'idle' && !isSame && ageMs >= idleMs;
}

function heldBytes({ reading }: INotebookReading): number {
  const devices = reading?.devices ?? [];
  return devices.reduce((sum, device) => sum + device.reservedBytes, 0);
}

async function mind({ path, kernelId }: INotebook): Promise<void> {
  const [row] = await room.readings([kernelId], { mayDropOutput });
  const bytes = heldBytes(row);
  if (row.problem?.code === 'would-drop-output') {
    if ((row.driverBytes ?? 0) >= leastBytes) {
      const held = formatBytes(row.driverBytes);
      console.log(`${path} idles and holds ${held}; nobody is connected to it`);
    }
  } else if (row.problem !== null) {
    console.error(row.problem.sentence);
  } else if (bytes >= leastBytes) {
    console.log(`${path} idles and holds ${formatBytes(bytes)}`);
    if (values.clear) {
      await room.clear(kernelId, { release, mayDropOutput });
      const [after] = await room.readings([kernelId], { mayDropOutput });
      console.log(`${path} holds ${formatBytes(heldBytes(after))} now`);
    }
  }
}

async function look(): Promise<void> {
  const idle = (await room.notebooks()).filter(
    each => each.language === 'python' && isIdle(each)
  );
  for (const notebook of idle) {
    await mind(notebook);
  }
  for (const { kernelId, lastActivityMs } of await room.notebooks()) {
    if (idle.some(each => each.kernelId === kernelId)) {
      askedMs.set(kernelId, lastActivityMs ?? 0);
    }
  }
}

do {
  try {
    await look();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    if (values.once) {
      Deno.exit(1);
    }
  }
  if (!values.once) {
    await new Promise(resolve => setTimeout(resolve, EVERY_MS));
  }
} while (!values.once);
