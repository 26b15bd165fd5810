// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LEAKS, MonitoredPage, ROOMY, turns } from './page';

/** A kernel that pushes without end, whatever a person can read. */
const FLOOD = 3000;

describe('A kernel that floods a page', () => {
  let page: MonitoredPage;
  let raised: number;

  beforeEach(async () => {
    vi.useFakeTimers();
    page = new MonitoredPage();
    await page.attach();
    raised = 0;
    page.monitor.warningRaised.connect(() => raised++);
  });

  afterEach(() => {
    page.monitor.dispose();
    vi.useRealTimers();
  });

  /** Push `count` times within `forMs`. */
  const flood = async (
    count: number,
    forMs: number,
    top: (index: number) => object
  ): Promise<void> => {
    for (let index = 0; index < count; index++) {
      page.agent.boot = `boot-${index}`;
      page.agent.push(page.connection, { ...top(index) }, ROOMY);
      await vi.advanceTimersByTimeAsync(forMs / count);
    }
  };

  it('should be heard once a second, if each time it is another process', async () => {
    await flood(FLOOD, 10_000, () => LEAKS);
    // 3 at once, and then one a second.
    expect(raised).toBeGreaterThan(5);
    expect(raised).toBeLessThanOrEqual(14);
    expect(page.changes).toBeLessThanOrEqual(121);
  });

  it('should be heard in the end, too', async () => {
    await flood(FLOOD, 1000, () => ({}));
    page.agent.boot = 'the last';
    page.agent.push(page.connection, LEAKS, ROOMY);
    await vi.advanceTimersByTimeAsync(2000);
    expect(page.ids()).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('should not have two agents take turns', async () => {
    await page.push();
    for (let turn = 0; turn < 100; turn++) {
      page.agent.boot = turn % 2 === 0 ? 'boot-2' : 'boot-1';
      page.agent.push(page.connection, turn % 2 === 0 ? LEAKS : {}, ROOMY);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(raised).toBe(1);
    expect(page.ids()).toHaveLength(1);
  });

  it('should be drawn some times a second, if it changes without end', async () => {
    for (let push = 0; push < FLOOD; push++) {
      page.agent.push(page.connection, push % 2 === 0 ? LEAKS : {}, ROOMY);
      await vi.advanceTimersByTimeAsync(10_000 / FLOOD);
    }
    // 20 at once, and then 10 a second.
    expect(page.changes).toBeLessThanOrEqual(121);
    expect(page.changes).toBeGreaterThan(90);
  });

  it('should be drawn with the last that it said', async () => {
    for (let push = 0; push < 100; push++) {
      page.agent.push(page.connection, {}, ROOMY);
      await turns();
    }
    const before = page.changes;
    page.agent.push(page.connection, LEAKS, ROOMY);
    await vi.advanceTimersByTimeAsync(200);
    expect(page.changes).toBeGreaterThan(before);
    expect(page.ids()).toHaveLength(1);
  });

  it('should let a kernel restart as often as kernels do', async () => {
    for (let restart = 0; restart < 10; restart++) {
      page.connection.setStatus('autorestarting');
      page.agent.boot = `after restart ${restart}`;
      page.connection.setStatus('idle');
      await vi.advanceTimersByTimeAsync(1500);
      expect(page.monitor.status).toBe('attached');
      expect(page.monitor.reading).not.toBeNull();
    }
  });
});

describe('KernelLink, of a kernel that floods a page', () => {
  it('should spend a bounded share of the page’s time on it, and say so once', async () => {
    const page = new MonitoredPage();
    await page.attach();
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    let heard = 0;
    page.monitor.connections.messageReceived.connect(() => {
      heard++;
      // What it costs to take one.
      nowMs += 2;
    });
    for (let push = 0; push < 10_000; push++) {
      page.agent.push(page.connection, {}, ROOMY);
      nowMs += 1;
    }
    // 300 ms at once, and then 0.3 of each millisecond.
    const spentMs = 2 * heard;
    expect(spentMs).toBeLessThan(0.3 * nowMs + 310);
    expect(spentMs).toBeGreaterThan(0.25 * nowMs);
    expect(page.reports).toHaveLength(Math.ceil(nowMs / 10_000));
    page.monitor.dispose();
  });

  it('should hear all that a server kept through a night', async () => {
    const page = new MonitoredPage();
    await page.attach();
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    let heard = 0;
    page.monitor.connections.messageReceived.connect(() => {
      heard++;
      nowMs += 0.2;
    });
    for (let push = 0; push < 1000; push++) {
      page.agent.push(page.connection, {}, ROOMY);
    }
    expect(heard).toBe(1000);
    page.monitor.dispose();
  });
});
