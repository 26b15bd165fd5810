// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import { Random } from '../random';
import type { IRendered } from './layouts';
import {
  asynchronous,
  metal,
  parenthesised,
  plain,
  sentences
} from './layouts';

const LAYOUTS = { parenthesised, sentences, asynchronous, metal, plain };
const ROUNDS = 400;

function check(rendered: IRendered, text = rendered.text): void {
  const found = explainOutOfMemory(text);
  expect(found, text).not.toBeNull();
  expect(found, text).toMatchObject(rendered.figures);
  if (rendered.processes !== undefined) {
    expect(found?.processes, text).toEqual(rendered.processes);
  }
  if (rendered.device !== null) {
    expect(found?.device, text).toBe(rendered.device);
  }
}

/** As a terminal of `width` columns breaks it, in the middle of words and figures. */
function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map(line => line.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? '')
    .join('\n');
}

/** Colors around every other word. */
function colour(text: string, random: Random): string {
  return text.replace(/\S+/g, word =>
    random.next() < 0.3 ? `\u001b[1;3${random.below(8)}m${word}\u001b[0m` : word
  );
}

function escape(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/>/g, '&gt;')
    .replace(/ {2}/g, ' &nbsp;')
    .replace(/'/g, '&#39;')
    .replace(/\(/g, '&#x28;');
}

const TRACEBACK = `Traceback (most recent call last):
  File "/home/me/train.py", line 12, in <module>
    loss.backward()
`;

describe('explainOutOfMemory on rendered messages', () => {
  it.each(Object.entries(LAYOUTS))(
    'should read back whatever figures the layout %s has',
    (_, render) => {
      const random = new Random(11);
      for (let round = 0; round < ROUNDS; round += 1) {
        check(render(random));
      }
    }
  );

  it.each(Object.entries(LAYOUTS))(
    'should read %s through colours, HTML, JSON, quotes and other languages',
    (_, render) => {
      const random = new Random(13);
      for (let round = 0; round < ROUNDS / 4; round += 1) {
        const rendered = render(random);
        const { text } = rendered;
        check(rendered, colour(text, random));
        check(
          rendered,
          `<pre><span class="ansi-red-fg">${escape(text)}</span></pre>`
        );
        check(rendered, JSON.stringify({ error: `${TRACEBACK}${text}\n` }));
        check(rendered, text.replace(/^/gm, '> '));
        check(rendered, `${TRACEBACK}${text}\n显存不足，怎么办？ Спасибо!`);
        check(rendered, text.replace(/ /g, '\u00a0'));
      }
    }
  );

  it.each([
    ['parenthesised', parenthesised],
    ['sentences', sentences],
    ['metal', metal]
  ] as const)('should read %s however it is wrapped', (_, render) => {
    const random = new Random(17);
    for (let round = 0; round < ROUNDS; round += 1) {
      const rendered = render(random);
      check(rendered, wrap(rendered.text, 20 + random.below(100)));
    }
  });

  it('should take the last of several messages', () => {
    const random = new Random(19);
    for (let round = 0; round < ROUNDS; round += 1) {
      const [first, second] = [0, 0].map(() =>
        random.pick(Object.values(LAYOUTS))(random)
      ) as [IRendered, IRendered];
      check(
        second,
        `${TRACEBACK}${first.text}\n\n${TRACEBACK}${second.text}\n`
      );
    }
  });
});
