import { describe, expect, it } from 'vitest';

import { TorchAllocator } from '../../../src/core/plan/torch/allocator';
import { MIB } from '../../../src/core/text/units';

describe('TorchAllocator', () => {
  it('should round blocks up to 512 bytes', () => {
    const allocator = new TorchAllocator();
    allocator.allocate(1);
    allocator.allocate(513);
    expect(allocator.allocatedBytes).toBe(1536);
    expect(allocator.reservedBytes).toBe(2 * MIB);
  });

  it('should take 20 MiB for blocks between 1 and 10 MiB, and share them', () => {
    const allocator = new TorchAllocator();
    allocator.allocate(8 * MIB);
    expect(allocator.reservedBytes).toBe(20 * MIB);
    allocator.allocate(8 * MIB);
    expect(allocator.reservedBytes).toBe(20 * MIB);
    allocator.allocate(8 * MIB);
    expect(allocator.reservedBytes).toBe(40 * MIB);
  });

  it('should count a rest of up to 1 MiB as part of the block, as measured on GPT-2', () => {
    const allocator = new TorchAllocator();
    allocator.allocate(25 * MIB);
    expect(allocator.allocatedBytes).toBe(26 * MIB);
  });

  it('should join freed neighbors and use them again', () => {
    const allocator = new TorchAllocator();
    const blocks = [8, 8, 4].map(size => allocator.allocate(size * MIB));
    blocks.forEach(block => allocator.free(block));
    allocator.allocate(19 * MIB);
    expect(allocator.reservedBytes).toBe(20 * MIB);
    expect(allocator.peakBytes).toBe(20 * MIB);
  });

  it('should take the smallest block that fits', () => {
    const allocator = new TorchAllocator();
    const large = allocator.allocate(64 * MIB);
    const small = allocator.allocate(32 * MIB);
    allocator.free(large);
    allocator.free(small);
    expect(allocator.allocate(30 * MIB)?.address).toBe(64 * MIB);
  });

  it('should return only segments without a live block', () => {
    const allocator = new TorchAllocator();
    const whole = allocator.allocate(64 * MIB);
    const part = allocator.allocate(8 * MIB);
    allocator.allocate(4 * MIB);
    allocator.free(whole);
    allocator.free(part);
    allocator.emptyCache();
    expect(allocator.reservedBytes).toBe(20 * MIB);
    expect(allocator.allocatedBytes).toBe(4 * MIB);
  });

  it('should keep its books through any order of calls', () => {
    const allocator = new TorchAllocator();
    const live = new Set<ReturnType<TorchAllocator['allocate']>>();
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let step = 0; step < 5000; step++) {
      if (random() < 0.55) {
        live.add(allocator.allocate(Math.ceil(random() ** 4 * 64 * MIB)));
      } else {
        const [first] = live;
        if (first !== undefined) {
          live.delete(first);
          allocator.free(first);
          allocator.free(first);
        }
      }
    }
    const sum = [...live].reduce((all, block) => all + (block?.bytes ?? 0), 0);
    expect(allocator.allocatedBytes).toBe(sum);
    expect(allocator.reservedBytes).toBeGreaterThanOrEqual(sum);
    live.forEach(block => allocator.free(block));
    allocator.emptyCache();
    expect(allocator.reservedBytes).toBe(0);
  });
});
