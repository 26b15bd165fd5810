// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { KernelClock } from '../../src/model/kernelclock';
import { Random } from '../core/random';

const HOUR_MS = 3_600_000;
/** What a person can't see, and no rule of the panel depends on. */
const TOLERANCE_MS = 300;

/**
 * A kernel and a browser with clocks that a test sets, and the wire between them.
 *
 * Messages arrive in order, as over one socket: a late one holds up the next.
 */
class Wire {
  constructor(seed: number) {
    this._random = new Random(seed);
  }

  readonly clock = new KernelClock();
  /** What passed since the beginning, by no clock of the two. */
  trueMs = 0;
  kernelAheadMs = 0;
  browserAheadMs = 0;
  /** By how much the kernel's clock is fast. */
  kernelDrift = 0;
  /** Nothing arrives before this. */
  heldUntilMs = 0;

  /** Send a message every `everyMs` for `forMs`; returns the largest error meanwhile. */
  send(everyMs: number, forMs: number): number {
    let worstMs = 0;
    for (const endMs = this.trueMs + forMs; this.trueMs < endMs;) {
      this.trueMs += everyMs;
      const latencyMs = 1 + 40 * this._random.next();
      const arrivedMs = Math.max(this.heldUntilMs, this.trueMs + latencyMs);
      this.heldUntilMs = arrivedMs;
      this.clock.observe(
        this.kernelMs(this.trueMs) / 1000,
        this.browserMs(arrivedMs)
      );
      worstMs = Math.max(worstMs, this.errorMs());
    }
    return worstMs;
  }

  /** Nothing arrives for so long; what is sent meanwhile arrives then, in a burst. */
  stall(forMs: number): void {
    this.heldUntilMs = this.trueMs + forMs;
  }

  /** By how much the clock is wrong about the kernel's present time. */
  errorMs(): number {
    const told = this.clock.toBrowserMs(this.kernelMs(this.trueMs) / 1000);
    return Math.abs(told - this.browserMs(this.trueMs));
  }

  kernelMs(trueMs: number): number {
    return BEGIN_MS + trueMs * (1 + this.kernelDrift) + this.kernelAheadMs;
  }

  browserMs(trueMs: number): number {
    return BEGIN_MS + trueMs + this.browserAheadMs;
  }

  private readonly _random: Random;
}

const BEGIN_MS = 1_764_000_000_000;
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

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

  it('should believe a faster message at once', () => {
    const clock = new KernelClock();
    clock.observe(100, 100_900);
    clock.observe(101, 101_050);
    expect(clock.toBrowserMs(101)).toBe(101_050);
  });

  it.each(SEEDS)(
    'should not be moved by messages that come late (%i)',
    seed => {
      const random = new Random(seed);
      const wire = new Wire(seed);
      wire.kernelAheadMs = (random.next() - 0.5) * 2 * HOUR_MS;
      wire.send(1000, 60_000);
      for (let spike = 0; spike < 20; spike++) {
        wire.stall(random.pick([800, 5000, 30_000, HOUR_MS]));
        expect(wire.send(random.pick([250, 1000, 5000]), 60_000)).toBeLessThan(
          TOLERANCE_MS + 0.0002 * HOUR_MS
        );
        wire.send(1000, 2 * HOUR_MS);
        expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
      }
    }
  );

  it.each(SEEDS)('should follow clocks that drift, for two days (%i)', seed => {
    const wire = new Wire(seed);
    wire.kernelDrift = (new Random(seed).next() - 0.5) * 2 * 150e-6;
    expect(wire.send(5000, 48 * HOUR_MS)).toBeLessThan(TOLERANCE_MS);
  });

  it.each(SEEDS)('should be right 3 s after a clock was set (%i)', seed => {
    const random = new Random(seed);
    const wire = new Wire(seed);
    wire.send(250, 30_000);
    for (let step = 0; step < 40; step++) {
      const byMs =
        (random.next() - 0.5) * 2 * random.pick([3e3, 6e4, 24 * 36e5]);
      if (random.below(2) === 0) {
        wire.kernelAheadMs += byMs;
      } else {
        wire.browserAheadMs += byMs;
      }
      wire.send(250, 3000);
      expect([step, byMs, wire.errorMs() < STEP_TOLERANCE_MS]).toEqual([
        step,
        byMs,
        true
      ]);
      wire.send(250, random.below(20_000));
    }
  });

  it('should not call everything old for ever after a clock was ahead for a while', () => {
    const wire = new Wire(1);
    wire.send(250, 10_000);
    wire.kernelAheadMs = 24 * HOUR_MS;
    wire.send(250, 60_000);
    expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
    wire.kernelAheadMs = 0;
    wire.send(250, 3000);
    expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
  });

  it('should date what a server kept through a night when it was told', () => {
    const wire = new Wire(1);
    wire.send(250, 60_000);
    wire.stall(8 * HOUR_MS);
    // 8 hours of pushes that arrive within an instant, none of them on time.
    const worstMs = wire.send(5000, 8 * HOUR_MS - 5000);
    expect(worstMs).toBeLessThan(8 * HOUR_MS * 0.0002 + TOLERANCE_MS);
    wire.send(250, 5250);
    expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
  });

  it('should be right again after the kernel’s machine slept, and its clock with it', () => {
    const wire = new Wire(1);
    wire.send(250, 60_000);
    wire.trueMs += 8 * HOUR_MS;
    wire.kernelAheadMs -= 8 * HOUR_MS;
    wire.send(250, 3000);
    expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
    // It asks a time server.
    wire.kernelAheadMs = 0;
    wire.send(250, 250);
    expect(wire.errorMs()).toBeLessThan(TOLERANCE_MS);
  });

  it('should not keep what a kernel sends without end', () => {
    const clock = new KernelClock();
    clock.observe(100, 100_000);
    for (let sent = 0; sent < 100_000; sent++) {
      clock.observe(0, 100_001);
    }
    expect(clock.toBrowserMs(100)).toBeCloseTo(100_000, 0);
  });
});

/** A step of less than half a second is no step, but may be a late message. */
const STEP_TOLERANCE_MS = 500 + TOLERANCE_MS;
