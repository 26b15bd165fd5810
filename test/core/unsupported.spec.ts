import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { english } from '../../src/core/text/translation';
import type { MissedIn } from '../../src/core/text/unsupported';
import { unsupportedWords } from '../../src/core/text/unsupported';
import { message, parsed } from './wire';

const PACKAGE = path.join(__dirname, '..', '..', 'jupyterlab_vram');
const SECTIONS: readonly MissedIn[] = ['devices', 'holders', 'cells'];

/** The keys in dictionaries of one of the agent's files. */
function keysIn(...file: string[]): string[] {
  const source = readFileSync(path.join(PACKAGE, ...file), 'utf8');
  return [...source.matchAll(/^ +"([a-z-]+)": /gm)].map(([, key]) => key ?? '');
}

function said(key: string): string[] {
  return SECTIONS.flatMap(section => unsupportedWords([key], section, english));
}

describe('unsupportedWords', () => {
  it('should have one sentence, in one section, for each key that the agent has', () => {
    const keys = keysIn('magics', 'support_report.py');
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter(key => said(key).length !== 1)).toEqual([]);
  });

  it('should know what each probe may find missing', () => {
    const keys = [
      ...keysIn('host', 'ipython.py'),
      ...keysIn('host', 'ipykernel.py'),
      ...keysIn('devices', 'torch_private.py')
    ];
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter(key => said(key).length !== 1)).toEqual([]);
  });

  it('should say it where it is missed, and leave out what it does not know', () => {
    const keys = ['outputs', 'cells', 'something newer'];
    expect(unsupportedWords(keys, 'holders', english)).toEqual([
      'This IPython keeps outputs elsewhere; they may be missing from the list of holders.'
    ]);
    expect(unsupportedWords(keys, 'devices', english)).toEqual([]);
  });
});

describe('A reading', () => {
  it('should carry the keys, and none from an older agent', () => {
    const unsupported = ['outputs', 'use-counts'];
    expect(
      parsed(message({}, {}, { unsupported })).reading.unsupported
    ).toEqual(unsupported);
    expect(parsed(message()).reading.unsupported).toEqual([]);
  });
});
