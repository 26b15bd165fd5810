import { formatBytes } from '../../core/text/units';
import { MAX_LEASE_MS, MIN_PUSH_INTERVAL_MS } from '../../core/wire/generated';
import { drawChart } from './chart';
import type { Client } from '../server/client';
import { RoomError } from '../server/errors';
import { Follower } from '../connection/follower';
import type { Looks } from '../connection/looks';
import { interruptible, isInNotebook, show, silent } from './notebook';
import { Roll } from '../connection/presence';
import { plain } from './results';
import type { IWatchOptions, IWatchSample } from '../connection/tokens';
import { wait } from '../connection/waiting';
import { problemWords } from './words';
import type { INotebook, INotebookReading } from '../server/rows';

const MAX_SAMPLES = 2000;
const MIN_SECONDS = MIN_PUSH_INTERVAL_MS / 1000;
const LONGEST_LEASE_S = MAX_LEASE_MS / 1000;
const SPARE_S = 60;

/** Watch notebooks until the time is up or the user interrupts. */
export async function watch(
  client: Client,
  notebooks: readonly INotebook[],
  looks: Looks,
  options: IWatchOptions
): Promise<IWatchSample[]> {
  const { seconds = 60, everySeconds = 1, signal, mayDropOutput } = options;
  if (!(seconds > 0) || !(everySeconds >= MIN_SECONDS)) {
    throw new RoomError(
      'bad-argument',
      `\`seconds\` should be more than 0, and \`everySeconds\` at least ${MIN_SECONDS}.`
    );
  }
  const samples: IWatchSample[] = [];
  await interruptible(signal, async stopped => {
    const over = new AbortController();
    const roll = new Roll(client);
    const followers = notebooks.map(notebook =>
      new Follower(client, notebook, looks, {
        ...{ everySeconds, mayDropOutput, roll, over: over.signal },
        // Twice as long: what renews a lease is an activity for the server.
        leaseSeconds: Math.min(LONGEST_LEASE_S, 2 * seconds + SPARE_S)
      }).run()
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
  let line = '';
  while (!stopped.aborted && performance.now() < endMs) {
    const rows = notebooks.map(each => looks.known(each));
    samples.push(sampleOf(rows));
    samples.splice(0, samples.length - MAX_SAMPLES);
    if (isInNotebook()) {
      await show(drawChart(samples, rows), id, !isFirst);
    } else if (line !== (line = lineOf(rows))) {
      await show(plain([`${new Date().toISOString()} ${line}`]));
    }
    isFirst = false;
    const leftMs = endMs - performance.now();
    await wait(stopped, Math.min(1000 * everySeconds, Math.max(0, leftMs)));
  }
}

/** What is known of this very moment; figures of the past are left out. */
function sampleOf(rows: readonly INotebookReading[]): IWatchSample {
  const reservedBytes: Record<string, number> = {};
  const problems: IWatchSample['problems'] = Object.fromEntries(
    rows.flatMap(({ notebook, problem }) =>
      problem === null ? [] : [[notebook.path, problem.code]]
    )
  );
  for (const { notebook, reading, problem } of rows) {
    if (problem === null && reading !== null) {
      reservedBytes[notebook.path] = reservedOf(reading);
    }
  }
  return { timeMs: Date.now(), reservedBytes, problems };
}

function lineOf(rows: readonly INotebookReading[]): string {
  const known = rows.filter(
    ({ reading, problem }) => reading !== null || problem !== null
  );
  return known
    .map(({ notebook, reading, problem }) =>
      problem === null && reading !== null
        ? `${notebook.path} ${formatBytes(reservedOf(reading))}`
        : `${notebook.path} ${problemWords(problem)}`
    )
    .join(', ');
}

function reservedOf({
  devices
}: NonNullable<INotebookReading['reading']>): number {
  return devices.reduce((sum, { reservedBytes }) => sum + reservedBytes, 0);
}
