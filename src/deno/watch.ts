import { formatBytes } from '../core/units';
import { drawChart } from './chart';
import type { Client } from './client';
import { converse } from './conversation';
import { problemOf, RoomError } from './errors';
import type { Looks } from './looks';
import { interruptible, isInNotebook, show, silent } from './notebook';
import { plain } from './results';
import type { IWatchOptions, IWatchSample } from './tokens';
import type { INotebook } from './rows';

const MAX_SAMPLES = 2000;
const MIN_SECONDS = 0.25;

/**
 * Watch notebooks until the time is up or somebody interrupts.
 *
 * Each kernel is asked once, and then tells by itself: idle ones stay idle for the server.
 */
export async function watch(
  client: Client,
  notebooks: readonly INotebook[],
  looks: Looks,
  options: IWatchOptions
): Promise<IWatchSample[]> {
  const { seconds = 60, everySeconds = 1, signal } = options;
  if (!(seconds > 0) || !(everySeconds >= MIN_SECONDS)) {
    throw new RoomError(
      'bad-argument',
      `\`seconds\` should be more than 0, and \`everySeconds\` at least ${MIN_SECONDS}.`
    );
  }
  const samples: IWatchSample[] = [];
  await interruptible(signal, async stopped => {
    const over = new AbortController();
    const followers = notebooks.map(notebook =>
      follow(client, notebook, looks, everySeconds, over.signal)
    );
    try {
      await draw(notebooks, looks, samples, { seconds, everySeconds, stopped });
    } finally {
      over.abort();
      await Promise.all(followers);
    }
  });
  return silent(samples);
}

/** Listen to one kernel until `over`. Never throws: a kernel may go meanwhile. */
async function follow(
  client: Client,
  notebook: INotebook,
  looks: Looks,
  everySeconds: number,
  over: AbortSignal
): Promise<void> {
  const viewer = crypto.randomUUID();
  try {
    await converse(client, notebook, async ({ link }) => {
      link.messageReceived.connect((_, message) =>
        looks.note(notebook, message)
      );
      const message = await link.request({
        op: 'attach',
        ...{ viewer, interval_ms: Math.round(1000 * everySeconds) },
        practice: null
      });
      looks.note(notebook, message);
      await aborted(over);
      await link.request({ op: 'detach', viewer });
    });
  } catch (error) {
    looks.fail(notebook, problemOf(error));
  }
}

interface ITiming {
  readonly seconds: number;
  readonly everySeconds: number;
  readonly stopped: AbortSignal;
}

async function draw(
  notebooks: readonly INotebook[],
  looks: Looks,
  samples: IWatchSample[],
  { seconds, everySeconds, stopped }: ITiming
): Promise<void> {
  const id = crypto.randomUUID();
  const endMs = performance.now() + 1000 * seconds;
  let isFirst = true;
  while (!stopped.aborted && performance.now() < endMs) {
    const sample = sampleOf(notebooks, looks);
    const isNew = !isSame(sample, samples[samples.length - 1]);
    samples.push(sample);
    samples.splice(0, samples.length - MAX_SAMPLES);
    if (isInNotebook()) {
      const rows = notebooks.map(each => looks.known(each));
      await show(drawChart(samples, rows), id, !isFirst);
    } else if (isNew) {
      await show(plain([lineOf(sample)]));
    }
    isFirst = false;
    const leftMs = endMs - performance.now();
    await aborted(stopped, Math.min(1000 * everySeconds, Math.max(0, leftMs)));
  }
}

function sampleOf(notebooks: readonly INotebook[], looks: Looks): IWatchSample {
  const known = notebooks.flatMap(notebook => {
    const { reading } = looks.known(notebook);
    const sum = reading?.devices.reduce(
      (all, device) => all + device.reservedBytes,
      0
    );
    return sum === undefined ? [] : [[notebook.path, sum] as const];
  });
  return { timeMs: Date.now(), reservedBytes: Object.fromEntries(known) };
}

function isSame(one: IWatchSample, other: IWatchSample | undefined): boolean {
  return (
    JSON.stringify(one.reservedBytes) === JSON.stringify(other?.reservedBytes)
  );
}

function lineOf({ timeMs, reservedBytes }: IWatchSample): string {
  const figures = Object.entries(reservedBytes).map(
    ([path, bytes]) => `${path} ${formatBytes(bytes)}`
  );
  return `${new Date(timeMs).toISOString()} ${figures.join(', ')}`;
}

/** Wait for `signal`, but not longer than `timeoutMs`. */
async function aborted(signal: AbortSignal, timeoutMs?: number): Promise<void> {
  if (signal.aborted) {
    return;
  }
  await new Promise<void>(resolve => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(finish, timeoutMs);
    signal.addEventListener('abort', finish);
  });
}
