/**
 * Prints the size of the JavaScript that a page with the extension loads: all of it at its start but
 * the chunks that have a name, which it loads when they are wanted; and the size of the agent.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';

import { at } from './paths.mjs';
import { PlainError, isMain, main } from './process.mjs';

const START_BUDGET_BYTES = 180_000;
const CHUNK_BUDGET_BYTES = 95_000;
/** As in the `webpackChunkName` of each dynamic import. */
const CHUNK = /^(chart|planner|explanations)\./;
/** What only uPlot says; it is a chunk of its own, without a name, which the chart loads. */
const UPLOT = /"uplot"/;
const AGENT_BUDGET_BYTES = 110_000;

const kilobytes = bytes => `${(bytes / 1000).toFixed(1)} kB`;

/** The files of the built extension whose names match, biggest first. */
async function built(pattern) {
  const folder = at('labextension', 'build', 'static');
  const names = await readdir(folder, { recursive: true });
  const files = names
    .filter(name => pattern.test(name))
    .map(async name => {
      const file = path.join(folder, name);
      return { name, file, bytes: (await stat(file)).size };
    });
  return (await Promise.all(files)).sort((a, b) => b.bytes - a.bytes);
}

/** How much text brings the agent to a kernel that lacks it: compressed, and in base64. */
async function deliveredBytes() {
  const [agent] = await built(/\bagent\.\w+\.json$/);
  const files = JSON.parse(await readFile(agent.file, 'utf8'));
  // It comes with every request; see `archiveOf`.
  delete files['agent/bootstrap.py'];
  return deflateSync(JSON.stringify(files)).toString('base64').length;
}

function check(what, bytes, budgetBytes) {
  console.log(`${what}: ${kilobytes(bytes)} of ${kilobytes(budgetBytes)}`);
  if (bytes > budgetBytes) {
    throw new PlainError('That is larger than its budget.');
  }
}

/** @throws PlainError when the extension or its agent has outgrown its budget. */
export async function printSize() {
  // Without source maps, which only developers load.
  const scripts = await built(/\.js$/);
  let startBytes = 0;
  for (const { name, file, bytes } of scripts) {
    if (CHUNK.test(name) || UPLOT.test(await readFile(file, 'utf8'))) {
      check(`JavaScript when wanted, ${name}`, bytes, CHUNK_BUDGET_BYTES);
    } else {
      startBytes += bytes;
    }
  }
  check('JavaScript at the start', startBytes, START_BUDGET_BYTES);
  check('Agent as delivered', await deliveredBytes(), AGENT_BUDGET_BYTES);
}

if (isMain(import.meta)) {
  await main(printSize);
}
