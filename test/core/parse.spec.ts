// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { parseMessage } from '../../src/core/wire/parse';
import { SCHEMA_VERSION } from '../../src/core/wire/generated';
import fixture from '../fixtures/messages.json';
import { DEVICE, device, message, parsed, reason, RECORD } from './wire';

describe('parseMessage', () => {
  it.each(fixture.valid.map((value, place) => [place, value] as const))(
    'should accept valid message %d of the fixture',
    (_, value) => {
      expect(parseMessage(value)).toMatchObject({
        ok: true,
        message: { kind: value.kind, sequence: value.sequence }
      });
    }
  );

  it.each(fixture.invalid.map(({ why, message }) => [why, message] as const))(
    'should refuse %s',
    (_, value) => {
      expect(reason(value)).toMatch(/\.$/);
    }
  );

  it('should give every field its name, and what is absent its default', () => {
    expect(parsed(message())).toEqual({
      kind: 'push',
      boot: 'b',
      sequence: 1,
      agentVersion: '0.1.0',
      reading: {
        timeSeconds: 1764000000.25,
        state: 'ok',
        detail: null,
        torchVersion: '2.11.0',
        pid: 1,
        capturing: false,
        unsupported: [],
        devices: [
          {
            id: 'cuda:0',
            kind: 'cuda',
            index: 0,
            name: 'NVIDIA H100 80GB HBM3',
            uuid: null,
            driverIndex: null,
            driverSlice: null,
            allocatedBytes: 100,
            reservedBytes: 200,
            peakAllocatedBytes: 150,
            peakReservedBytes: 250,
            pinnedBytes: 20,
            freeBytes: 700,
            totalBytes: 1000,
            processBytes: 220,
            computeCapability: null
          }
        ]
      },
      running: null,
      finished: null,
      leaks: [],
      records: [],
      survey: null,
      clear: null,
      reason: null,
      lapsed: []
    });
  });

  it('should name the field that is wrong', () => {
    expect(reason(message({ allocated_bytes: -1 }))).toBe(
      '`reading.devices[0].allocated_bytes` should be a whole number from 0 to 2^53 - 1, but is -1.'
    );
    expect(reason(message({}, { finished: { run: 1 } }))).toContain(
      '`finished.code_digest`'
    );
  });

  it('should say which side is older', () => {
    expect(reason(message({}, { schema: SCHEMA_VERSION + 1 }))).toContain(
      'This front end is older'
    );
    expect(reason(message({}, { schema: SCHEMA_VERSION - 1 }))).toContain(
      'The agent in the kernel is older'
    );
  });

  it.each([NaN, Infinity, -Infinity, 1e30, -1, 0.5, 2 ** 53, 2 ** 64, '1'])(
    'should refuse %s as a figure that is required',
    value => {
      expect(reason(message({ reserved_bytes: value }))).toContain(
        '`reading.devices[0].reserved_bytes`'
      );
    }
  );

  it.each([NaN, Infinity, 1e30, -1, 2 ** 64, 18446744073709552000, '1', {}])(
    'should take %s for unknown where a figure may be unknown',
    value => {
      const fields = [
        'peak_allocated_bytes',
        'peak_reserved_bytes',
        'pinned_bytes',
        'free_bytes',
        'total_bytes',
        'process_bytes'
      ];
      const unknown = device(
        Object.fromEntries(fields.map(field => [field, value]))
      );
      expect(unknown).toMatchObject({
        peakAllocatedBytes: null,
        peakReservedBytes: null,
        pinnedBytes: null,
        freeBytes: null,
        totalBytes: null,
        processBytes: null,
        computeCapability: null
      });
    }
  );

  it('should refuse times that are no times', () => {
    for (const time of [NaN, Infinity, -1, 1e30, '2026']) {
      expect(reason(message({}, {}, { time }))).toContain('`reading.time`');
    }
  });
});

describe('parseMessage on contradictions', () => {
  it('should raise reserved to allocated', () => {
    expect(device({ allocated_bytes: 300 }).reservedBytes).toBe(300);
  });

  it('should fit pinned between reserved and allocated', () => {
    expect(device({ pinned_bytes: 500 }).pinnedBytes).toBe(100);
  });

  it('should raise a peak to the present', () => {
    const peaks = device({ peak_allocated_bytes: 1, peak_reserved_bytes: 1 });
    expect(peaks).toMatchObject({
      peakAllocatedBytes: 100,
      peakReservedBytes: 200
    });
  });

  it('should not know what is free when it is more than the total', () => {
    expect(device({ free_bytes: 1001 }).freeBytes).toBeNull();
    expect(device({ free_bytes: 1000 }).freeBytes).toBe(1000);
  });

  it('should take a total of nothing for unknown', () => {
    expect(device({ total_bytes: 0 })).toMatchObject({
      totalBytes: null,
      freeBytes: 700
    });
  });

  it('should keep no more alive than was held', () => {
    const removed = {
      name: 'x',
      how: 'deleted',
      device: 'cuda:0',
      held_bytes: 5,
      alive_bytes: 9,
      held_by: []
    };
    const record = { ...RECORD, removed: [removed] };
    const { finished } = parsed(message({}, { finished: record }));
    expect(finished?.removed[0]?.aliveBytes).toBe(5);
  });

  it('should keep the first of devices with one id', () => {
    const devices = [DEVICE, { ...DEVICE, name: 'again' }];
    const { reading } = parsed(message({}, {}, { devices }));
    expect(reading.devices.map(each => each.name)).toEqual([DEVICE.name]);
  });

  it('should call a reading without its device an error', () => {
    const { reading } = parsed(message({}, {}, { devices: [] }));
    expect(reading.state).toBe('error');
    expect(reading.detail).toBe('The kernel reported no device');
  });
});
