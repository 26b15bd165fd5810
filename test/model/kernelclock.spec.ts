// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { KernelClock } from '../../src/model/kernelclock';

describe('KernelClock', () => {
  it('should take the kernel at its word before it has seen a message', () => {
    expect(new KernelClock().toBrowserMs(12.5)).toBe(12_500);
  });

  it('should translate a clock that is behind or ahead', () => {
    const behind = new KernelClock();
    behind.observe(100, 160_000);
    expect(behind.toBrowserMs(101)).toBe(161_000);
    const ahead = new KernelClock();
    ahead.observe(160, 100_000);
    expect(ahead.toBrowserMs(161)).toBe(101_000);
  });

  it('should believe the fastest message, whenever it came', () => {
    const clock = new KernelClock();
    clock.observe(100, 100_900);
    clock.observe(101, 101_050);
    clock.observe(102, 160_000);
    expect(clock.toBrowserMs(103)).toBe(103_050);
  });
});
