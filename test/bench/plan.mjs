/**
 * Prints how far the planner is off, row by row: `npm run bench:plan [file of rows]`.
 *
 * A file of rows has the fields of `test/fixtures/plan/fit_measured_h100.jsonl`, of
 * `fit_published.jsonl`, or of what `test/gpu/split_flow.py` or `llama_flow.py` prints, one JSON
 * object a line.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { at, nodeBin } from '../../scripts/paths.mjs';
import { run } from '../../scripts/process.mjs';

const files = process.argv.slice(2).map(file => path.resolve(file));
const { code } = await run(nodeBin('deno'), [
  ...['run', '--no-config', '--no-lock', '--no-remote', '--quiet'],
  ...['--unstable-sloppy-imports', '--allow-read'],
  at('test', 'bench', 'plan', 'score.ts'),
  ...(files.length > 0
    ? files
    : [
        'fit_measured_h100',
        'fit_measured_more_h100',
        'fit_published',
        'split_measured_h100',
        'llama_measured_h100'
      ]
        .map(name => at('test', 'fixtures', 'plan', `${name}.jsonl`))
        .filter(existsSync))
]);
process.exitCode = code;
