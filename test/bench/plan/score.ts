/** Reads files of rows and prints how far plans are off; see `../plan.mjs`. */
import { readFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

import type { ILlamaRow } from './llama';
import { scoreLlama } from './llama';
import type { IMeasuredRow } from './measured';
import { scoreMeasured } from './measured';
import type { IPublishedRow } from './published';
import { scorePublished } from './published';
import type { IScore } from './report';
import { lineOf, summaryOf, timing } from './report';
import type { ISplitRow } from './split';
import { scoreSplit } from './split';

type Row = IMeasuredRow | IPublishedRow | ISplitRow | ILlamaRow;

function scoresOf(row: Row): IScore[] {
  if ('tensor_split' in row) {
    return scoreLlama(row);
  }
  if ('max_memory_bytes' in row) {
    return 'peak' in row ? scoreSplit(row) : [];
  }
  return 'peak' in row
    ? scoreMeasured(row)
    : 'bytes' in row
      ? scorePublished(row)
      : [];
}

const scores = argv.slice(2).flatMap(file =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.trim().startsWith('{'))
    .flatMap(line => scoresOf(JSON.parse(line) as Row))
);
const lines = [...scores.map(lineOf), '', ...summaryOf(scores), timing(scores)];
stdout.write(`${lines.join('\n')}\n`);
