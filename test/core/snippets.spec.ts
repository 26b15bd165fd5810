// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { DeviceKind } from '../../src/core/wire/generated';
import {
  allSnippets,
  clearMemory,
  verifyAfterLoad,
  vramCell
} from '../../src/core/cells/snippets';

const KINDS: DeviceKind[] = ['cuda', 'hip', 'xpu', 'mps', 'practice'];

const PYTHON = KINDS.flatMap(kind =>
  allSnippets(kind)
    .filter(({ id }) => id !== 'vram-cell')
    .map(({ id, code }) => [kind, id, code] as const)
);

/** What the code uses of each family of devices. */
const FAMILIES: Record<string, RegExp> = {
  cuda: /torch\.cuda/,
  xpu: /torch\.xpu/,
  mps: /torch\.(backends\.)?mps/,
  practice: /jupyterlab_vram/
};

describe('allSnippets', () => {
  it('should list every cell once, with a label', () => {
    const snippets = allSnippets();
    expect(snippets.map(({ id }) => id)).toEqual([
      'check-memory',
      'clear-memory',
      'memory-summary',
      'verify-after-load',
      'vram-cell'
    ]);
    expect(snippets.every(({ label }) => label.length > 4)).toBe(true);
  });

  it('should translate its labels', () => {
    const shout = {
      __: (text: string) => text.toUpperCase(),
      _n: (text: string) => text
    };
    expect(allSnippets('cuda', shout)[0]?.label).toBe('CHECK GPU MEMORY');
  });

  it.each(PYTHON)(
    'should leave no name behind on %s: %s',
    (_kind, _id, code) => {
      const lines = code.split('\n');
      const atTop = lines.filter(line => /^[^\s#]/.test(line));
      const defined = atTop
        .map(line => /^def (\w+)\(/.exec(line)?.[1])
        .filter(name => name !== undefined);
      const last = lines[lines.length - 1];
      expect(defined.length).toBeGreaterThan(0);
      expect(last).toBe(`del ${defined.join(', ')}`);
      const calls = atTop.filter(line => !line.startsWith('def')).slice(0, -1);
      expect(calls.map(line => line.split('(')[0])).toEqual(defined);
    }
  );

  it.each(PYTHON)(
    'should speak of no other devices on %s: %s',
    (kind, _id, code) => {
      const own = kind === 'hip' ? 'cuda' : kind;
      for (const [family, pattern] of Object.entries(FAMILIES)) {
        expect([family, pattern.test(code)]).toEqual([family, family === own]);
      }
    }
  );
});

describe('clearMemory', () => {
  it.each(KINDS)('should read, collect, empty and read again on %s', kind => {
    const { code } = clearMemory(kind);
    const steps = [
      'show("before")',
      'gc.collect()',
      'empty_cache()',
      'show("after")'
    ];
    const places = steps.map(step => code.indexOf(step));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  it.each(['cuda', 'xpu'] as const)('should not initialize %s', kind => {
    const { code } = clearMemory(kind);
    const guard = code.indexOf(`if not torch.${kind}.is_initialized():`);
    expect(guard).toBeGreaterThan(0);
    expect(code.slice(0, guard)).not.toContain(`torch.${kind}`);
  });
});

describe('verifyAfterLoad', () => {
  it('should look its variables up without wanting them', () => {
    expect(verifyAfterLoad().code).toContain('globals().get("model")');
  });
});

describe('vramCell', () => {
  it('should begin with its magic, and say what must come before', () => {
    const { code, label, setup } = vramCell();
    expect(code.startsWith('%%vram\n')).toBe(true);
    expect(setup).toBe('%load_ext jupyterlab_vram');
    expect(label).toBe('%%vram cell');
  });
});
