import * as React from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import type { IRemedy } from '../../src/core/oom';
import type { IFailure } from '../../src/model/oomerrors';
import { explainOutOfMemory } from '../../src/core/oom';
import { Explanation, PasteBox } from '../../src/views/oom/explanation';
import { messageOf, readingOf } from '../core/oom/kernel';
import { draw, eraseAll, trans } from './draw';

const GIB = 2 ** 30;
const SECOND_MODEL = { tried: 40, free: 26, allocated: 53 };

function explanation(
  text: string,
  hasDied = false,
  change: Partial<IFailure> = {},
  isNew = false
): React.JSX.Element {
  const found = explainOutOfMemory(text, undefined, { isLive: !hasDied });
  if (!found) {
    throw new Error('Not recognised');
  }
  const failure: IFailure = {
    ...{ kernelId: 'k', text, timeMs: 0, hasDied, isComplete: true },
    ...{ explanation: found, past: found, reading: null },
    ...{ laterCells: 0, hasRestarted: false },
    ...change
  };
  return (
    <Explanation
      failure={failure}
      isNew={isNew}
      now={
        readingOf({ allocatedBytes: 3 * GIB, reservedBytes: 4 * GIB })
          .devices[0] ?? null
      }
      nowMs={5000}
      onDrawn={() => undefined}
      actions={{ run, dismiss }}
      trans={trans}
    />
  );
}

const run = vi.fn<(remedy: IRemedy) => void>();
const dismiss = vi.fn();

afterEach(eraseAll);

describe('Explanation', () => {
  it('should draw what was tried against what was free, to scale', async () => {
    const drawn = await draw(explanation(messageOf(SECOND_MODEL)));
    const lengths = [
      ...drawn.querySelectorAll<HTMLElement>('.jp-VramOom-length')
    ].map(each => each.style.width);
    expect(lengths).toEqual(['100%', '65%']);
    const figures = drawn.querySelectorAll('dd[title]');
    expect(figures[0]?.textContent).toBe('40.0 GiB');
    expect(figures[1]?.textContent).toBe('26.0 GiB');
  });

  it('should draw the limit instead where that was the cause', async () => {
    const text = messageOf({ tried: 10, free: 70, allocated: 4, allowed: 8 });
    const drawn = await draw(explanation(text));
    expect(drawn.querySelectorAll('dt')[1]?.textContent).toBe('allowed');
    expect(drawn.querySelectorAll('dd[title]')[1]?.textContent).toBe(
      '8.00 GiB'
    );
  });

  it('should draw what fills the rest', async () => {
    const text = messageOf({ ...SECOND_MODEL, processes: [[0, 54]] });
    const drawn = await draw(explanation(text));
    expect(drawn.querySelector('.jp-VramBar')?.getAttribute('aria-label')).toBe(
      'Live tensors 53.0 GiB, Cached 0 B, Context 1.00 GiB, Free 26.0 GiB'
    );
  });

  it('should say what is true now, and not of a kernel that died', async () => {
    const text = messageOf(SECOND_MODEL);
    const now = 'Now 3.00 GiB is allocated and 4.00 GiB reserved.';
    expect((await draw(explanation(text))).textContent).toContain(now);
    const dead = (await draw(explanation(text, true))).textContent;
    expect(dead).not.toContain(now);
    expect(dead).toContain('The kernel died.');
  });

  const GAVE_BACK = 'had already given back';

  it('should say that PyTorch gave back only where PyTorch did', async () => {
    const own = await draw(explanation(messageOf(SECOND_MODEL)));
    expect(own.textContent).toContain(GAVE_BACK);
    for (const text of [
      'MemoryError: Unable to allocate 36.4 TiB for an array with shape (5000000000000,) and data type float64',
      'RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2147483648 bytes.',
      'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`'
    ]) {
      const drawn = (await draw(explanation(text))).textContent;
      expect(drawn).not.toContain(GAVE_BACK);
    }
  });

  it('should draw no comparison of which one length is not known', async () => {
    const text =
      'MemoryError: Unable to allocate 36.4 TiB for an array with shape (5000000000000,) and data type float64';
    const drawn = await draw(explanation(text));
    expect(drawn.querySelector('.jp-VramOom-against')).toBeNull();
    expect(drawn.textContent).toContain('36.4 TiB was asked for');
  });

  it('should say that it is about an earlier cell', async () => {
    const text = messageOf(SECOND_MODEL);
    const told = async (change: Partial<IFailure>): Promise<string> =>
      (await draw(explanation(text, false, change))).textContent ?? '';
    expect(await told({})).not.toContain('earlier cell');
    expect(await told({ laterCells: 1 })).toContain('1 cell has begun since.');
    expect(await told({ laterCells: 15 })).toContain(
      'This is about an earlier cell: 15 cells have begun since.'
    );
    expect(await told({ hasRestarted: true })).toContain(
      'the kernel has restarted'
    );
  });

  it('should be said to who does not see it, where it is new', async () => {
    const text = messageOf(SECOND_MODEL);
    const fresh = await draw(explanation(text, false, {}, true));
    expect(fresh.querySelector('[role="alert"]')?.textContent).toContain(
      'It does not fit beside what is there'
    );
    const old = await draw(explanation(text));
    expect(old.querySelector('[role="alert"]')).toBeNull();
  });

  it('should do what a button says', async () => {
    const drawn = await draw(explanation(messageOf(SECOND_MODEL)));
    const buttons = [...drawn.querySelectorAll('button')];
    buttons.find(each => each.textContent === 'Release tracebacks')?.click();
    expect(run.mock.lastCall?.[0].id).toBe('release-tracebacks');
    buttons.find(each => each.textContent === 'Dismiss')?.click();
    expect(dismiss).toHaveBeenCalledTimes(1);
  });

  it('should draw hostile text as text', async () => {
    const text = messageOf(SECOND_MODEL).replace('CUDA', '<img src=x> CUDA');
    expect((await draw(explanation(text))).querySelector('img')).toBeNull();
  });
});

describe('PasteBox', () => {
  it('should be folded away at first', async () => {
    const drawn = await draw(
      <PasteBox
        onDrawn={() => undefined}
        actions={{ run, dismiss }}
        trans={trans}
      />
    );
    expect(drawn.querySelector('textarea')).toBeNull();
    expect(drawn.textContent).toContain('Explain an error');
  });
});
