// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Timer } from '../../src/model/timer';

const DAY_MS = 24 * 60 * 60_000;

describe('Alarm', () => {
  let alarm: Timer;
  const ring = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    ring.mockReset();
    alarm = new Timer(ring);
  });

  afterEach(() => {
    alarm.dispose();
    vi.useRealTimers();
  });

  it('should call back once, at the time', () => {
    alarm.set(Date.now() + 1000);
    vi.advanceTimersByTime(999);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5000);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('should call back soon when the time is over', () => {
    alarm.set(Date.now() - 1000);
    vi.advanceTimersByTime(0);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('should wait for longer than a timer can', () => {
    alarm.set(Date.now() + 60 * DAY_MS);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('should wait for ever without spinning', () => {
    alarm.set(Infinity);
    vi.advanceTimersByTime(365 * DAY_MS);
    expect(ring).not.toHaveBeenCalled();
  });

  it('should forget the time that was set before', () => {
    alarm.set(Date.now() + 1000);
    alarm.set(Date.now() + 5000);
    vi.advanceTimersByTime(4999);
    expect(ring).not.toHaveBeenCalled();
    alarm.set(null);
    vi.advanceTimersByTime(DAY_MS);
    expect(ring).not.toHaveBeenCalled();
  });

  it('should be silent once disposed', () => {
    alarm.set(Date.now() + 1000);
    alarm.dispose();
    alarm.set(Date.now() + 1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(alarm.isDisposed).toBe(true);
  });
});
