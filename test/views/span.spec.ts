import { describe, expect, it } from 'vitest';

import {
  FOLLOW_MS,
  followSpan,
  panSpan,
  zoomSpan
} from '../../src/views/timeline/span';

const HOUR = { startMs: 0, endMs: 3_600_000 };

describe('followSpan', () => {
  it('should be the latest ten minutes of a long history', () => {
    expect(followSpan(HOUR)).toEqual({
      startMs: HOUR.endMs - FOLLOW_MS,
      endMs: HOUR.endMs
    });
  });

  it('should be at least a minute', () => {
    expect(followSpan({ startMs: 1000, endMs: 1000 })).toEqual({
      startMs: -59_000,
      endMs: 1000
    });
  });
});

describe('zoomSpan', () => {
  const span = { startMs: 1_000_000, endMs: 2_000_000 };

  it('should keep the place under the pointer', () => {
    expect(zoomSpan(span, 0.5, 1_250_000, HOUR)).toEqual({
      startMs: 1_125_000,
      endMs: 1_625_000
    });
  });

  it('should stop at the whole history and at two seconds', () => {
    expect(zoomSpan(span, 1000, 1_500_000, HOUR)).toEqual(HOUR);
    const deep = zoomSpan(span, 1e-9, 1_500_000, HOUR);
    expect(deep.endMs - deep.startMs).toBe(2000);
  });
});

describe('panSpan', () => {
  const span = { startMs: 1_000_000, endMs: 2_000_000 };

  it('should move within the history only', () => {
    expect(panSpan(span, 500_000, HOUR).startMs).toBe(1_500_000);
    expect(panSpan(span, -9e9, HOUR)).toEqual({ startMs: 0, endMs: 1_000_000 });
    expect(panSpan(span, 9e9, HOUR).endMs).toBe(HOUR.endMs);
  });
});
