// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { BreakdownKey } from '../../src/core/wire/devicebreakdown';
import { deviceBreakdown } from '../../src/core/wire/devicebreakdown';
import type { IDeviceReading } from '../../src/core/wire/generated';
import { Random } from './random';

const DEVICE: IDeviceReading = {
  id: 'cuda:0',
  kind: 'cuda',
  index: 0,
  name: 'GPU',
  uuid: null,
  driverIndex: null,
  driverSlice: null,
  allocatedBytes: 300,
  reservedBytes: 500,
  peakAllocatedBytes: null,
  peakReservedBytes: null,
  pinnedBytes: 50,
  freeBytes: 200,
  totalBytes: 1000,
  processBytes: 560,
  computeCapability: null
};

function parts(fields: Partial<IDeviceReading>): [BreakdownKey, number][] {
  return deviceBreakdown({ ...DEVICE, ...fields }).parts.map(part => [
    part.key,
    part.bytes
  ]);
}

describe('composeDevice', () => {
  it('should account for every byte, in order', () => {
    expect(deviceBreakdown(DEVICE)).toEqual({
      parts: [
        { key: 'live', bytes: 300 },
        { key: 'cached', bytes: 150 },
        { key: 'fragmented', bytes: 50 },
        { key: 'context', bytes: 60 },
        { key: 'others', bytes: 240 },
        { key: 'free', bytes: 200 }
      ],
      unknown: [],
      totalBytes: 1000
    });
  });

  it.each([
    ['is unknown', null],
    ['is older than what torch reserved', 499]
  ])(
    'should not tell the context from others when the figure for the process %s',
    (_, processBytes) => {
      const composition = deviceBreakdown({ ...DEVICE, processBytes });
      expect(composition.unknown).toEqual(['context', 'others']);
      expect(composition.parts.slice(3)).toEqual([
        { key: 'outside', bytes: 300 },
        { key: 'free', bytes: 200 }
      ]);
    }
  );

  it('should count fragmentation as cache where it is unknown', () => {
    const composition = deviceBreakdown({ ...DEVICE, pinnedBytes: null });
    expect(composition.unknown).toEqual(['fragmented']);
    expect(composition.parts[1]).toEqual({ key: 'cached', bytes: 200 });
  });

  it('should believe torch where the driver calls reserved memory free', () => {
    expect(parts({ freeBytes: 900 })).toEqual([
      ['live', 300],
      ['cached', 150],
      ['fragmented', 50],
      ['context', 0],
      ['others', 0],
      ['free', 500]
    ]);
  });

  it('should not exceed the device when tensors were moved to host memory', () => {
    const spilled = { allocatedBytes: 1750, reservedBytes: 1800 };
    expect(parts({ ...spilled, freeBytes: 0, processBytes: 1900 })).toEqual([
      ['live', 1000],
      ['cached', 0],
      ['fragmented', 0],
      ['context', 0],
      ['others', 0],
      ['free', 0]
    ]);
  });

  it('should say what it can when the driver tells nothing, as on MPS', () => {
    const mps = { freeBytes: null, processBytes: null, pinnedBytes: null };
    const composition = deviceBreakdown({ ...DEVICE, ...mps, kind: 'mps' });
    expect(composition).toEqual({
      parts: [
        { key: 'live', bytes: 300 },
        { key: 'cached', bytes: 200 }
      ],
      unknown: ['fragmented', 'context', 'others', 'free'],
      totalBytes: 1000
    });
  });

  it('should show the context where only the process is known', () => {
    const composition = deviceBreakdown({ ...DEVICE, totalBytes: null });
    expect(composition.parts[3]).toEqual({ key: 'context', bytes: 60 });
    expect(composition.unknown).toEqual(['others', 'free']);
  });

  it('should sum up to the total, with no part negative, whatever the figures', () => {
    const random = new Random(42);
    for (let round = 0; round < 5000; round++) {
      const total = 1 + random.below(1000);
      const orNull = (value: number): number | null =>
        random.next() < 0.2 ? null : value;
      const { parts: found } = deviceBreakdown({
        ...DEVICE,
        allocatedBytes: random.below(1500),
        reservedBytes: random.below(1500),
        pinnedBytes: orNull(random.below(1500)),
        freeBytes: random.below(total + 1),
        totalBytes: total,
        processBytes: orNull(random.below(1500))
      });
      const sum = found.reduce((all, part) => all + part.bytes, 0);
      expect(sum).toBe(total);
      expect(Math.min(...found.map(part => part.bytes))).toBeGreaterThanOrEqual(
        0
      );
    }
  });

  it('should stay within the total where free is unknown', () => {
    const random = new Random(43);
    for (let round = 0; round < 2000; round++) {
      const total = 1 + random.below(1000);
      const { parts: found } = deviceBreakdown({
        ...DEVICE,
        allocatedBytes: random.below(1500),
        reservedBytes: random.below(1500),
        freeBytes: null,
        totalBytes: total,
        processBytes: random.below(1500)
      });
      const sum = found.reduce((all, part) => all + part.bytes, 0);
      expect(sum).toBeLessThanOrEqual(total);
    }
  });
});
