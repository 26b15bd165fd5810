import { describe, expect, it } from 'vitest';

import { Field } from '../../src/core/wire/decode';
import type { IReleasePreview } from '../../src/core/wire/generated';
import { decodeReleasePreview } from '../../src/core/wire/generated';
import {
  confirmationBody,
  confirmationSentences
} from '../../src/views/holders/confirmation';
import fixture from '../fixtures/release_preview.json';
import { trans } from './draw';

const [ONE, TWO] = fixture.valid.map(answer =>
  decodeReleasePreview(new Field(answer, 'answer', { reason: null }))
) as [IReleasePreview, IReleasePreview];

describe('confirmationSentences()', () => {
  it('should tell what several give back together, and who keeps the rest', () => {
    expect(confirmationSentences(ONE, trans)).toEqual([
      'It frees 1.50 GiB. 32 MiB stays: also held by x.'
    ]);
  });

  it('should tell it of each device, with all that is uncertain', () => {
    expect(confirmationSentences(TWO, trans)).toEqual([
      'cuda:0: It frees nothing. 1.00 GiB stays: others hold it. 16 MiB of garbage is collected, too.',
      'cuda:1: It frees 512 B.',
      'The search ran out of time: the amount may differ.',
      'It was not checked whether something else holds it, too.',
      'No longer holds anything: model.',
      'Can’t be released: train() running.',
      "Afterwards %debug can't look into this error any more."
    ]);
  });

  it('should count the names that are too many', () => {
    const keptBy = ['a', 'b', 'c', 'd', 'e'];
    expect(confirmationSentences({ ...ONE, keptBy }, trans)[0]).toContain(
      'also held by a, b, c and 2 more.'
    );
  });
});

describe('confirmationBody()', () => {
  it('should show the code as the kernel gave it, and nothing as HTML', () => {
    const code = ['del a', "# <img src=x onerror='alert(1)'>"];
    const body = confirmationBody(
      { ...ONE, code, keptBy: ['<b>x</b>'] },
      trans
    );
    expect(body.querySelector('pre')?.textContent).toBe(code.join('\n'));
    expect(body.querySelector('img, b')).toBeNull();
  });
});
