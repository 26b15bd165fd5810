import { describe, expect, it } from 'vitest';

import {
  bytesOf,
  drawingOn,
  hasUnknown,
  holdingOf,
  processesOn
} from '../../src/core/wire/usage';
import { Field } from '../../src/core/wire/decode';
import { LIMITS, decodeStopReport } from '../../src/core/wire/generated';
import type { ISurvey } from '../../src/core/wire/generated';
import fixture from '../fixtures/messages.json';
import { Random } from './random';
import type { Json } from './wire';
import { message, parsed, reason } from './wire';

const told = fixture.valid.find(each => 'processes' in each) as Json;
const SURVEY = told.processes as Json & { gpus: Json[]; processes: Json[] };

function survey(change: Json = {}): ISurvey {
  const found = parsed(
    message({}, { processes: { ...SURVEY, ...change } })
  ).survey;
  if (!found) {
    throw new Error('No survey');
  }
  return found;
}

/** The first process of the fixture with some fields replaced. */
function withProcess(...changes: Json[]): ISurvey {
  return survey({
    processes: changes.map(change => ({ ...SURVEY.processes[0], ...change }))
  });
}

function share(uuid: string, bytes: number | null): Json {
  return { uuid, used_bytes: bytes };
}

describe('decodeSurvey()', () => {
  it('should give every field its name', () => {
    const found = survey();
    expect(found).toMatchObject({ state: 'ok', timeSeconds: 1764000000.5 });
    expect(found.gpus[0]).toEqual({
      uuid: '11111111-aaaa',
      parentUuid: null,
      index: 0,
      name: 'NVIDIA H100 80GB HBM3',
      totalBytes: 85520809984,
      usedBytes: 20401094656,
      isListed: true,
      otherBytes: 1073741824
    });
    expect(found.processes[1]).toEqual({
      pid: 77,
      kind: 'both',
      shares: [
        { uuid: '11111111-aaaa', usedBytes: 9663676416 },
        { uuid: 'MIG-44444444', usedBytes: null }
      ],
      isVisible: true,
      user: 'ada',
      command: 'python train.py',
      program: 'python',
      startedSeconds: 1763990000,
      isOwn: false,
      isKernel: false,
      kernelId: null,
      kernelPid: null,
      notebook: null,
      leftover: 'orphan',
      identity: '0123456789abcdef0123456789abcdef',
      whyNot: null
    });
  });

  it('should leave a message without a survey without one', () => {
    expect(parsed(message()).survey).toBeNull();
  });

  it('should take 0 for unknown where something must be held', () => {
    const [process] = withProcess({ shares: [share('a', 0)] }).processes;
    expect(process?.shares).toEqual([{ uuid: 'a', usedBytes: null }]);
    const [gpu] = survey({
      gpus: [{ ...SURVEY.gpus[0], total_bytes: 0, used_bytes: 0 }]
    }).gpus;
    expect(gpu).toMatchObject({ totalBytes: null, usedBytes: 0 });
  });

  it('should keep the first of two with the same number, and a bounded count', () => {
    const many = Array.from({ length: 2000 }, (_, place) => ({
      pid: Math.floor(place / 2),
      user: `user ${place}`
    }));
    const { processes } = withProcess(...many);
    expect(processes).toHaveLength(LIMITS.processes / 2);
    expect(processes[3]?.user).toBe('user 6');
  });

  it('should make hostile text one bounded line', () => {
    const command = `rm\n-rf\u0007 \u202e${'x'.repeat(10_000)}<script>`;
    const [process] = withProcess({ command, notebook: 5 }).processes;
    expect(process?.command).toMatch(/^rm -rf x+…$/);
    expect(process?.command?.length).toBeLessThanOrEqual(LIMITS.textLength);
    expect(process?.notebook).toBeNull();
  });

  it.each([
    ['state', { state: 'fine' }],
    ['gpus', { gpus: 'none' }],
    ['is_visible', { processes: [{ ...SURVEY.processes[0], is_visible: 1 }] }],
    ['leftover', { processes: [{ ...SURVEY.processes[0], leftover: true }] }]
  ])('should refuse an impossible %s', (field, change) => {
    const text = reason(message({}, { processes: { ...SURVEY, ...change } }));
    expect(text).toContain(field);
  });

  it('should never throw, whatever is sent', () => {
    const random = new Random(5);
    const odd = [null, -1, 1e300, NaN, '', {}, [], true, 'x'.repeat(5000)];
    const keys = [...Object.keys(SURVEY), ...Object.keys(SURVEY.gpus[0] ?? {})];
    for (let round = 0; round < 300; round++) {
      const change = { [random.pick(keys)]: random.pick(odd) };
      const processes = [
        {
          ...SURVEY.processes[0],
          [random.pick(Object.keys(SURVEY.processes[0] ?? {}))]:
            random.pick(odd)
        }
      ];
      expect(
        typeof reason(
          message({}, { processes: { ...SURVEY, processes, ...change } })
        )
      ).toBe('string');
    }
  });
});

describe('decodeStopReport()', () => {
  it('should read what a stop led to', () => {
    const report = { signal: 'SIGTERM', has_ended: false, grace_s: 5 };
    expect(decodeStopReport(new Field(report, '', { reason: null }))).toEqual({
      signal: 'SIGTERM',
      hasEnded: false,
      graceSeconds: 5
    });
  });
});

describe('holdingOf()', () => {
  const kernel = { kernel_id: 'k', kernel_pid: 10, pid: 10 };

  it('should sum a kernel and what it started', () => {
    const found = withProcess(
      { ...kernel, shares: [share('a', 100), share('b', 20)] },
      { ...kernel, pid: 11, is_kernel: false, shares: [share('a', 3)] },
      { ...kernel, pid: 12, kernel_id: 'other', shares: [share('a', 9)] }
    );
    expect(holdingOf(found, 'k')).toEqual({ bytes: 123, childCount: 1 });
    expect(holdingOf(found, 'nobody')).toBeNull();
  });

  it('should be unknown where one figure is', () => {
    const found = withProcess(
      { ...kernel, shares: [share('a', 100)] },
      { ...kernel, pid: 11, shares: [share('a', null)] }
    );
    expect(holdingOf(found, 'k')?.bytes).toBeNull();
  });

  it('should know a kernel without a name by its process', () => {
    const found = withProcess({ kernel_id: null, kernel_pid: 10 });
    expect(holdingOf(found, 'k', 10)).not.toBeNull();
    expect(holdingOf(found, 'k', 11)).toBeNull();
    expect(holdingOf(found, 'k')).toBeNull();
  });

  it('should not take a process that is somewhere else for a kernel of here', () => {
    const found = withProcess({ ...kernel, is_visible: false });
    expect(holdingOf(found, 'k', 10)).toBeNull();
  });
});

describe('processesOn()', () => {
  it('should order by what each holds on that GPU, and leave out what draws', () => {
    const gpu = { ...SURVEY.gpus[0], uuid: 'a' };
    const found = survey({
      gpus: [gpu],
      processes: [
        [1, 'compute', [share('a', 5), share('b', 900)]],
        [2, 'both', [share('a', 50)]],
        [3, 'graphics', [share('a', 500)]],
        [4, 'compute', [share('b', 1)]],
        [5, 'compute', [share('a', null)]]
      ].map(([pid, kind, shares]) => ({
        ...SURVEY.processes[0],
        ...{ pid, kind, shares }
      }))
    });
    const [first] = found.gpus;
    if (!first) {
      throw new Error('No GPU');
    }
    expect(processesOn(first, found).map(({ pid }) => pid)).toEqual([2, 1, 5]);
    expect(drawingOn(first, found).map(({ pid }) => pid)).toEqual([3]);
    expect(hasUnknown(first, found)).toBe(true);
    expect(hasUnknown({ ...first, uuid: 'b' }, found)).toBe(false);
    const [one] = found.processes;
    expect(one && [bytesOf(one), bytesOf(one, 'a')]).toEqual([905, 5]);
  });
});
