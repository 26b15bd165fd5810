import { describe, expect, it } from 'vitest';

import { Field } from '../../src/core/wire/decode';
import { decodeReleasePreview } from '../../src/core/wire/generated';
import fixture from '../fixtures/release_preview.json';

function read(answer: unknown): ReturnType<typeof decodeReleasePreview> {
  return decodeReleasePreview(new Field(answer, 'answer', { reason: null }));
}

describe('decodeReleasePreview()', () => {
  it('should keep every figure, name and line', () => {
    expect(read(fixture.valid[1])).toEqual({
      token: '5c10',
      names: ['Out[4]'],
      code: [
        'import jupyterlab_vram',
        "jupyterlab_vram.clear(release=['all'])"
      ],
      notes: ["Afterwards %debug can't look into this error any more."],
      missing: ['model'],
      stuck: ['train() running'],
      devices: [
        {
          id: 'cuda:0',
          freesBytes: 0,
          staysBytes: 2 ** 30,
          collectedBytes: 2 ** 24
        },
        { id: 'cuda:1', freesBytes: 512, staysBytes: 0, collectedBytes: 0 }
      ],
      keptBy: [],
      isComplete: false,
      isChecked: false
    });
  });

  it.each(fixture.invalid)('should refuse $why', ({ answer }) => {
    expect(() => read(answer)).toThrow();
  });
});
