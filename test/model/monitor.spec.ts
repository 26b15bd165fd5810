// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { english } from '../../src/core/text/translation';
import { SCHEMA_VERSION } from '../../src/core/wire/generated';
import { Monitor } from '../../src/model/monitor';
import type { Json } from '../core/wire';
import { RECORD } from '../core/wire';
import holdings from '../fixtures/holdings.json';
import { FakeConnection } from '../kernel/connection';
import type { FakeAgent, FakeSettings } from './page';
import { LEAKS, MonitoredPage, ROOMY, turns } from './page';

const HOLDINGS = holdings.valid[0]!;
/** What the device of `HOLDINGS` says of itself. */
const SEARCHED = {
  ...ROOMY,
  allocated_bytes: HOLDINGS.devices[0]!.allocated_bytes
};

describe('Monitor', () => {
  let page: MonitoredPage;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let source: FakeSettings;
  let monitor: Monitor;
  let reports: string[];
  let finished: number[];

  beforeEach(async () => {
    vi.useFakeTimers();
    page = new MonitoredPage();
    ({ agent, connection, monitor, reports, source } = page);
    await page.attach();
    finished = [];
    monitor.cellFinished.connect((_, record) => finished.push(record.run));
  });

  afterEach(() => {
    monitor.dispose();
    vi.useRealTimers();
  });

  it('should show what the agent answered and pushed', async () => {
    expect(monitor.kernelId).toBe('kernel-1');
    expect(monitor.status).toBe('attached');
    expect(monitor.failure).toBeNull();
    expect(monitor.reading?.devices[0]?.allocatedBytes).toBe(100);
    await page.push({
      running: { cell_id: 'a', execution_count: 1, started: 1 }
    });
    expect(monitor.reading?.devices[0]?.allocatedBytes).toBe(
      ROOMY.allocated_bytes
    );
    expect(monitor.running?.cellId).toBe('a');
    expect(monitor.samples('cuda:0')).toHaveLength(2);
  });

  it('should say what a malformed push was, and keep the figures', async () => {
    connection.push({ schema: SCHEMA_VERSION, kind: 'push' });
    await turns();
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain('`boot`');
    expect(monitor.reading).not.toBeNull();
  });

  it('should be able to try again after a failure', async () => {
    const other = new FakeConnection({
      answer: () => agent.message({ kind: 'refused', reason: 'No shell' })
    });
    const failing = new Monitor({
      kernel: other.kernel,
      source,
      viewer: 'page-1',
      translate: english,
      report: reason => reports.push(reason)
    });
    failing.wake();
    await turns();
    expect(failing.status).toBe('failed');
    expect(failing.failure?.(english)).toBe('No shell');
    expect(reports).toEqual(['No shell']);
    agent.serve(other);
    failing.retry();
    await turns();
    expect(failing.status).toBe('attached');
    failing.dispose();
  });

  describe('#changed', () => {
    it('should be emitted once for each message', async () => {
      await page.push({ ...LEAKS, finished: RECORD });
      expect(page.changes).toBe(1);
      await page.push();
      expect(page.changes).toBe(2);
    });

    it('should be emitted when the kernel turns busy', async () => {
      connection.setStatus('busy');
      await turns();
      expect(monitor.busy).toBe(true);
      expect(page.changes).toBe(1);
    });
  });

  describe('#records', () => {
    const records = [RECORD, { ...RECORD, run: 2 }];

    it('should hold each run once, and announce it', async () => {
      await page.push({ finished: RECORD });
      await page.push({ kind: 'attached', records });
      await page.push({ kind: 'attached', records });
      expect(monitor.records.map(({ run }) => run)).toEqual([1, 2]);
      expect(finished).toEqual([1, 2]);
    });

    it('should hold those of an answer that a push has overtaken', async () => {
      const answer = agent.message({ kind: 'attached', records });
      await page.push({ finished: { ...RECORD, run: 3 } });
      const reading = monitor.reading;
      connection.push(answer);
      await turns();
      expect(monitor.records.map(({ run }) => run)).toEqual([1, 2, 3]);
      expect(monitor.reading).toBe(reading);
    });
  });

  it('should ignore figures that come twice or too late', async () => {
    const late = agent.message({ ...LEAKS }, ROOMY);
    await page.push();
    connection.push(late);
    connection.push(late);
    await turns();
    expect(page.ids()).toEqual([]);
    expect(monitor.samples('cuda:0')).toHaveLength(2);
  });

  describe('when the kernel restarts', () => {
    beforeEach(async () => {
      await page.push({ ...LEAKS, finished: RECORD });
      expect(page.ids()).toHaveLength(1);
    });

    const expectNothing = (): void => {
      expect(monitor.records).toEqual([]);
      expect(monitor.warnings).toEqual([]);
      expect(monitor.cleared).toBeNull();
    };

    it.each(['restarting', 'dead'] as const)(
      'should forget everything once it is %s',
      status => {
        connection.setStatus(status);
        expectNothing();
        expect(monitor.reading).toBeNull();
        expect(monitor.samples('cuda:0')).toEqual([]);
        expect(monitor.ageMs(Date.now())).toBeNull();
        expect(monitor.isStale(Date.now())).toBe(false);
      }
    );

    it('should forget everything with the first word of another process', async () => {
      agent.boot = 'boot-2';
      agent.sequence = 0;
      await page.push();
      expectNothing();
      expect(monitor.reading).not.toBeNull();
      expect(monitor.samples('cuda:0')).toHaveLength(1);
    });

    it('should not take an agent that could not start for another process', async () => {
      connection.push(
        agent.message({ kind: 'refused', boot: '', sequence: 0 })
      );
      await turns();
      expect(monitor.records).toHaveLength(1);
      expect(page.ids()).toHaveLength(1);
    });

    it('should keep everything through a lost connection', () => {
      connection.setConnectionStatus('connecting');
      expect(monitor.status).toBe('disconnected');
      expect(monitor.records).toHaveLength(1);
      expect(page.ids()).toHaveLength(1);
    });
  });

  describe('#clearQuietly()', () => {
    const devices = [
      {
        id: 'cuda:0',
        before_allocated_bytes: 5,
        before_reserved_bytes: 9,
        after_allocated_bytes: 5,
        after_reserved_bytes: 5
      }
    ];
    const clear = { devices, collected_objects: 3 };

    it('should show what came back', async () => {
      agent.top = { clear };
      expect(await monitor.clearQuietly()).toBeNull();
      expect(connection.operations).toEqual(['attach', 'clear']);
      expect(monitor.cleared?.report).toMatchObject({
        devices: [{ beforeReservedBytes: 9, afterReservedBytes: 5 }],
        collectedObjects: 3
      });
    });

    it('should show it though a push was faster', async () => {
      connection.answer = () => {
        const answer = agent.message({ kind: 'cleared', clear });
        agent.push(connection);
        return answer;
      };
      await monitor.clearQuietly();
      expect(monitor.cleared?.report.collectedObjects).toBe(3);
    });

    it('should say why it was refused', async () => {
      agent.top = { kind: 'refused', reason: 'A cell is running.' };
      expect(await monitor.clearQuietly()).toBe('A cell is running.');
      expect(monitor.cleared).toBeNull();
    });

    it('should fail when there is no answer', async () => {
      connection.answer = () => undefined;
      const cleared = monitor.clearQuietly().catch(String);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await cleared).toContain('no answer');
    });
  });

  it('should release what a preview showed, and search again', async () => {
    agent.top = { answer: HOLDINGS };
    await monitor.holdings.ask();
    agent.top = {};
    const refused = await monitor.release('token-1');
    expect(refused).toBeNull();
    expect(connection.requests[2]).toMatchObject({
      op: 'clear',
      shown: 'token-1'
    });
    expect(monitor.holdings.isOutdated).toBe(true);
    await turns();
    expect(connection.operations.slice(3)).toEqual(['holders']);
  });

  describe('#cleared', () => {
    const END = 1_764_000_100;
    const device = {
      id: 'cuda:0',
      before_allocated_bytes: 3 * 2 ** 30,
      before_reserved_bytes: 4 * 2 ** 30,
      after_allocated_bytes: ROOMY.allocated_bytes,
      after_reserved_bytes: ROOMY.reserved_bytes
    };
    const cell = (run: number, ended: number): Json => ({
      ...RECORD,
      ...{ run, execution_count: run, started: ended - 1, ended },
      devices: [{ ...device, peak_allocated_bytes: 1, peak_exact: true }]
    });

    /** Clear after the first cell, by a request that ends at `END`. */
    async function clear(): Promise<void> {
      await page.push({ finished: cell(1, END - 10) });
      agent.time = END;
      connection.answer = ({ op }) =>
        op === 'clear'
          ? agent.message(
              {
                kind: 'cleared',
                clear: { devices: [device], collected_objects: 0 }
              },
              ROOMY
            )
          : undefined;
      await monitor.clearQuietly();
    }

    it('should be of its moment, after the latest cell', async () => {
      await clear();
      expect(monitor.cleared).toMatchObject({
        timeSeconds: END,
        executionCount: 1,
        isCurrent: true
      });
    });

    it('should stay current while nothing changes', async () => {
      await clear();
      agent.time = END + 5;
      await page.push();
      expect(monitor.cleared?.isCurrent).toBe(true);
    });

    it('should no longer be current once the figures have moved on', async () => {
      await clear();
      agent.time = END + 5;
      agent.push(
        connection,
        {},
        { ...ROOMY, allocated_bytes: ROOMY.allocated_bytes - 2 ** 21 }
      );
      expect(monitor.cleared?.isCurrent).toBe(false);
      await page.push();
      expect(monitor.cleared?.isCurrent).toBe(false);
    });

    it('should be over when a later cell has ended, and not by an earlier one', async () => {
      await clear();
      agent.time = END + 5;
      await page.push({ finished: cell(2, END - 1) });
      expect(monitor.cleared).not.toBeNull();
      await page.push({ finished: cell(3, END + 4) });
      expect(monitor.cleared).toBeNull();
    });

    it('should be what a cell did, until the next cell has ended', async () => {
      monitor.cellFinished.connect((_, record) => {
        if (record.run === 2) {
          monitor.noteCleared(record);
        }
      });
      agent.time = END;
      await page.push({ finished: cell(2, END) });
      expect(monitor.cleared).toMatchObject({
        executionCount: 2,
        isCurrent: true,
        report: { collectedObjects: null }
      });
      await page.push({ finished: cell(3, END + 1) });
      expect(monitor.cleared).toBeNull();
    });

    it('should be over at once when the next cell comes with it', async () => {
      monitor.cellFinished.connect((_, record) => {
        if (record.run === 2) {
          monitor.noteCleared(record);
        }
      });
      await page.push({
        records: [cell(2, END)],
        finished: cell(3, END + 1)
      });
      expect(monitor.cleared).toBeNull();
    });
  });

  describe('#holdings', () => {
    const FOUND_AT = 1_764_000_100;

    async function find(): Promise<void> {
      agent.time = FOUND_AT;
      connection.answer = () =>
        agent.message({ kind: 'answered', answer: HOLDINGS }, SEARCHED);
      await monitor.holdings.ask();
    }

    it('should be of this moment while nothing changes', async () => {
      await find();
      expect(monitor.holdings.isOutdated).toBe(false);
      expect(monitor.holdings.foundSeconds).toBe(FOUND_AT - HOLDINGS.seconds);
      agent.time = FOUND_AT + 1;
      agent.push(connection, {}, SEARCHED);
      expect(monitor.holdings.isOutdated).toBe(false);
    });

    it('should be outdated once a cell has run, whatever it did', async () => {
      await find();
      const early = { ...RECORD, run: 1, ended: FOUND_AT - 5 };
      agent.push(connection, { finished: early }, SEARCHED);
      expect(monitor.holdings.isOutdated).toBe(false);
      const late = { ...RECORD, run: 2, ended: FOUND_AT + 1 };
      agent.push(connection, { finished: late }, SEARCHED);
      expect(monitor.holdings.isOutdated).toBe(true);
      await find();
      expect(monitor.holdings.isOutdated).toBe(false);
    });

    it('should be outdated once the figures have changed, and stay so', async () => {
      await find();
      agent.time = FOUND_AT + 1;
      const more = SEARCHED.allocated_bytes + 2 ** 21;
      agent.push(connection, {}, { ...SEARCHED, allocated_bytes: more });
      agent.push(connection, {}, SEARCHED);
      expect(monitor.holdings.isOutdated).toBe(true);
    });

    it('should forget with the kernel', async () => {
      await find();
      connection.setStatus('restarting');
      expect(monitor.holdings.found).toBeNull();
      expect(monitor.holdings.isOutdated).toBe(false);
    });
  });
});
