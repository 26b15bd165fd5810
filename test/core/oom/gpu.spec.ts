// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import type { IReading } from '../../../src/core/wire/generated';
import rows from '../../fixtures/oom_gpu.json';
import { message, parsed } from '../wire';

/** Errors that say nothing of memory at all: only the reading tells. */
const SILENT = ['cudnn_handle'];
/** What the text alone can't tell from a card that is simply full. */
const HELD = ['old_model_is_still_there', 'inside_a_function'];

function readingOf(held: unknown): IReading {
  return parsed(message({}, { reading: held })).reading;
}

describe('explainOutOfMemory on errors provoked on an H100', () => {
  it('should have more than eight of them', () => {
    expect(rows.length).toBeGreaterThan(8);
  });

  it.each(rows.map(row => [row.scenario, row] as const))(
    'should name the cause of %s, with what the kernel says',
    (_, row) => {
      const reading = readingOf(row.held);
      for (const text of [row.text, row.traceback]) {
        const found = explainOutOfMemory(text, reading, { isLive: true });
        expect(row.causes).toContain(found?.cause);
      }
    }
  );

  it.each(rows.map(row => [row.scenario, row] as const))(
    'should name the cause of %s from its text alone, as far as it tells',
    (scenario, { text, causes }) => {
      const found = explainOutOfMemory(text);
      if (SILENT.includes(scenario)) {
        expect(found).toBeNull();
      } else {
        const known = HELD.includes(scenario) ? ['simply full'] : causes;
        expect(known).toContain(found?.cause);
      }
    }
  );

  it('should agree with the counters of the kernel that failed', () => {
    let compared = 0;
    for (const { text, held } of rows) {
      const found = explainOutOfMemory(text);
      const [device] = held.devices;
      if (found && found.allocatedBytes !== null && device) {
        compared += 1;
        const near = 0.005 * 2 ** 30;
        const live = found.allocatedBytes - (found.privatePoolBytes ?? 0);
        expect(Math.abs(live - device.allocated_bytes)).toBeLessThanOrEqual(
          2 * near
        );
        if (found.unallocatedBytes !== null) {
          const reserved = found.allocatedBytes + found.unallocatedBytes;
          expect(
            Math.abs(reserved - device.reserved_bytes)
          ).toBeLessThanOrEqual(2 * near);
        }
      }
    }
    expect(compared).toBeGreaterThan(8);
  });
});
