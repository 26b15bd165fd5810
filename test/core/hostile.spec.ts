// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { english } from '../../src/core/text/translation';
import { LIMITS } from '../../src/core/wire/generated';
import { parseMessage } from '../../src/core/wire/parse';
import fixture from '../fixtures/messages.json';
import { Random } from './random';
import type { Json } from './wire';
import { DEVICE, device, message, parsed, reason, RECORD } from './wire';

describe('parseMessage on long and strange text', () => {
  it('should bound what is long', () => {
    const long = 'x'.repeat(10_000_000);
    const { reading } = parsed(message({ name: long }, {}, { detail: long }));
    expect(reading.devices[0]?.name).toHaveLength(LIMITS.nameLength);
    expect(reading.devices[0]?.name.endsWith('x…')).toBe(true);
    expect(reading.detail).toHaveLength(LIMITS.textLength);
  });

  it('should keep text of exactly the bound', () => {
    const name = 'x'.repeat(LIMITS.nameLength);
    expect(device({ name }).name).toBe(name);
  });

  it('should not cut a character in two', () => {
    for (const start of ['', 'x']) {
      const { name } = device({ name: `${start}${'😀'.repeat(600)}` });
      expect(name).toMatch(/^x?(😀)+…$/u);
    }
  });

  it('should keep markup as text', () => {
    const name = '<img src=x onerror=alert(1)>';
    expect(device({ name }).name).toBe(name);
  });

  it('should drop control and direction characters', () => {
    const name = 'a\u0000b\u001b[31mc\u202Ed\u2066e\u200Bf\nline\ttab\ud800';
    expect(device({ name }).name).toBe('ab[31mcdef line tab');
  });
});

describe('parseMessage on long lists', () => {
  it('should keep the latest of too many records', () => {
    const records = Array.from({ length: 700 }, (_, run) => ({
      ...RECORD,
      run
    }));
    const runs = parsed(message({}, { records })).records.map(({ run }) => run);
    expect(runs).toHaveLength(LIMITS.records);
    expect([runs[0], runs[runs.length - 1]]).toEqual([200, 699]);
  });

  it('should bound devices and leaks', () => {
    const devices = Array.from({ length: 99 }, (_, index) => ({
      ...DEVICE,
      id: `cuda:${index}`
    }));
    const leaks = Array.from({ length: 99 }, (_, id) => ({
      id,
      run: 1,
      execution_count: 1,
      name: 'x',
      how: 'deleted',
      device: 'cuda:0',
      held_bytes: 1,
      alive_bytes: 1,
      held_by: Array.from({ length: 99 }, () => 'y')
    }));
    const result = parsed(message({}, { leaks }, { devices }));
    expect(result.reading.devices).toHaveLength(LIMITS.devices);
    expect(result.leaks).toHaveLength(LIMITS.leaks);
    expect(result.leaks[0]?.heldBy).toHaveLength(LIMITS.holders);
  });
});

describe('parseMessage on hostile objects', () => {
  it('should survive whatever a getter throws', () => {
    const trap = new Proxy({}, { getPrototypeOf: () => null });
    const hostile = {
      get schema(): number {
        throw trap as Error;
      }
    };
    expect(reason(hostile)).toBe('The message could not be read.');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(reason(proxy)).toBe('The message could not be read.');
  });

  it('should read every property once', () => {
    const counts = new Map<string, number>();
    const watch = (value: unknown, path: string): unknown =>
      typeof value === 'object' && value !== null
        ? new Proxy(value, {
            get: (target, key) => {
              const at = `${path}.${String(key)}`;
              counts.set(at, (counts.get(at) ?? 0) + 1);
              return watch(Reflect.get(target, key), at);
            }
          })
        : value;
    expect(parseMessage(watch(fixture.valid[8], '')).ok).toBe(true);
    expect(counts.size).toBeGreaterThan(50);
    expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
  });

  it('should neither inherit nor pollute', () => {
    const text = JSON.stringify(message()).replace(
      '"kind":"push"',
      '"kind":"push","__proto__":{"reason":"inherited","polluted":1}'
    );
    expect(parsed(JSON.parse(text)).reason).toBeNull();
    expect(({} as Json).polluted).toBeUndefined();
    const heir = Object.create(message()) as unknown;
    expect(reason(heir)).toContain('`schema`');
  });

  it('should never throw, and accept only what holds, however a message is damaged', () => {
    const random = new Random(7);
    const junk = [
      null,
      -1,
      1e30,
      NaN,
      '',
      'x',
      [],
      {},
      true,
      undefined,
      2 ** 64
    ];
    let accepted = 0;
    for (let round = 0; round < 3000; round++) {
      const value = structuredClone(random.pick(fixture.valid)) as unknown;
      damage(value, random, junk);
      const result = parseMessage(value);
      if (result.ok) {
        accepted += 1;
        for (const each of result.message.reading.devices) {
          expect(each.reservedBytes).toBeGreaterThanOrEqual(
            each.allocatedBytes
          );
          expect(Number.isSafeInteger(each.reservedBytes)).toBe(true);
        }
      } else {
        expect(result.reason(english)).toMatch(/\.$/);
      }
    }
    expect(accepted).toBeGreaterThan(100);
    expect(accepted).toBeLessThan(2900);
  });
});

/** Replace one value somewhere inside `value`. */
function damage(
  value: unknown,
  random: Random,
  junk: readonly unknown[]
): void {
  const inner = value as Json;
  const key = random.pick(Object.keys(inner));
  const next = inner[key];
  if (
    typeof next === 'object' &&
    next !== null &&
    Object.keys(next).length > 0 &&
    random.next() < 0.8
  ) {
    damage(next, random, junk);
  } else {
    inner[key] = random.pick(junk);
  }
}
