import { describe, expect, it } from 'vitest';

import { Field } from '../../../src/core/wire/decode';
import { decodeReading } from '../../../src/core/wire/generated';
import recorded from '../../fixtures/oom_two_gpus.json';
import { explainOutOfMemory } from '../../../src/core/oom';
import type { IOomHolder, IOutOfMemory } from '../../../src/core/oom';
import type {
  IDeviceReading,
  IReading
} from '../../../src/core/wire/generated';
import { GIB } from '../../../src/core/text/units';
import { messageOf, readingOf } from './kernel';

/** Devices with these gibibytes free; null for unknown. */
function readingWith(...free: readonly (number | null)[]): IReading {
  const one = readingOf().devices[0] as IDeviceReading;
  const devices = free.map((gib, index) => ({
    ...one,
    id: `cuda:${index}`,
    index,
    freeBytes: gib === null ? null : gib * GIB
  }));
  return { ...readingOf(), devices };
}

/** GPU 1 is full, and 4 GiB were asked for. */
const TEXT = messageOf({ tried: 4, free: 1, allocated: 77 }).replace(
  'GPU 0',
  'GPU 1'
);

function explained(reading?: IReading): IOutOfMemory {
  const found = explainOutOfMemory(TEXT, reading, { isLive: true });
  if (found === null) {
    throw new Error('Not explained');
  }
  return found;
}

describe('explainOutOfMemory with several devices', () => {
  it('should name the device that failed', () => {
    const { sentence, device } = explained(readingWith(60, 1));
    expect(device).toBe('cuda:1');
    expect(sentence).toMatch(/^On cuda:1\. The card is full/);
  });

  it('should give both numbers where nvidia-smi counts otherwise', () => {
    const { devices, ...rest } = readingWith(60, 1);
    const turned = devices.map((each, index) => ({
      ...each,
      driverIndex: 1 - index
    }));
    const { remedies, sentence } = explained({ ...rest, devices: turned });
    expect(sentence).toMatch(/^On cuda:1 \(GPU 0 in nvidia-smi\)\. /);
    expect(remedies.find(({ id }) => id === 'roomier-gpu')?.text).toBe(
      'cuda:0 (GPU 1 in nvidia-smi) has 60.0 GiB free: put it there.'
    );
  });

  it('should offer the one with most room, with a cell that chooses it', () => {
    const { remedies } = explained(readingWith(60, 1, 70));
    const remedy = remedies.find(({ id }) => id === 'roomier-gpu');
    expect(remedy?.text).toBe('cuda:2 has 70.0 GiB free: put it there.');
    expect(remedy?.code).toContain('DEVICE = "cuda:2"');
  });

  it.each([
    ['is as full', readingWith(3, 1)],
    ['is not known', readingWith(null, 1)],
    ['is not there', readingWith(60)],
    ['failed itself', readingWith(1, 60)]
  ])('should offer none that %s', (_, reading) => {
    const ids = explained(reading).remedies.map(({ id }) => id);
    expect(ids).not.toContain('roomier-gpu');
  });

  it('should name only who holds memory of that device, and how much of it', () => {
    const holder = (name: string, ...gib: number[]): IOomHolder => ({
      name,
      kind: 'variable',
      bytes: gib.reduce((sum, each) => sum + each, 0) * GIB,
      release: `del ${name}`,
      devices: gib.map((each, index) => ({
        id: `cuda:${index}`,
        bytes: each * GIB
      }))
    });
    const holders = [holder('both', 30, 40), holder('first', 20)];
    const found = explainOutOfMemory(TEXT, readingWith(60, 1), { holders });
    expect(found?.remedies.map(({ text }) => text)).toContain(
      '`both` holds 40.0 GiB: release it.'
    );
    expect(JSON.stringify(found)).not.toContain('first');
  });

  it('should explain what two H100s said, whose second was full', () => {
    const reading = decodeReading(
      new Field(recorded.reading, '', { reason: null })
    );
    const found = explainOutOfMemory(recorded.text, reading, { isLive: true });
    expect(found).toMatchObject({
      device: 'cuda:1',
      cause: 'this notebook still holds it'
    });
    expect(found?.sentence).toMatch(/^On cuda:1\. /);
    expect(found?.remedies.map(({ text }) => text)).toContain(
      'cuda:0 has 77.5 GiB free: put it there.'
    );
  });

  it('should not speak of devices where there is one, or nothing is known', () => {
    expect(explained().sentence).not.toContain('cuda:1');
    const alone = messageOf({ tried: 4, free: 1, allocated: 77 });
    const found = explainOutOfMemory(alone, readingWith(1));
    expect(found?.sentence).not.toMatch(/^On /);
  });
});
