// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { gpuProcess } from '../core/gpuprocess';
import { turns } from './page';
import { NOW_MS, SURVEY, World } from './world';

const listed = gpuProcess();

describe('Fleet, what a person asks for', () => {
  let world: World;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW_MS });
    world = new World();
  });

  afterEach(() => {
    world.dispose();
    vi.useRealTimers();
  });

  describe('#clear()', () => {
    it('should clear a kernel of this page by its own connection', async () => {
      const connection = world.open('a');
      await world.look();
      const clearing = world.fleet.clear('a');
      await turns();
      expect(await clearing).toBeNull();
      expect(connection.operations).toEqual(['attach', 'clear']);
      expect(world.made).toEqual([]);
    });

    it('should clear one that is open nowhere, and show what it said then', async () => {
      world.run('b');
      await world.look();
      const clearing = world.fleet.clear('b');
      await turns();
      expect(await clearing).toBeNull();
      expect(world.made[0]?.operations).toEqual(['clear']);
      expect(world.made[0]?.isDisposed).toBe(true);
      expect(world.fleet.kernels[0]?.lastRead?.reading).not.toBeNull();
    });
  });

  describe('#stop()', () => {
    it('should ask the kernel that listed the process', async () => {
      const connection = world.open('a');
      await world.look();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      const stopping = world.fleet.stop(listed, false);
      await turns();
      expect(await stopping).toMatchObject({ hasEnded: false });
      expect(connection.requests.slice(1)).toEqual([
        {
          op: 'stop',
          pid: 77,
          identity: listed.identity,
          force: false,
          viewer: 'page-1'
        },
        { op: 'processes', leftover_bytes: 200 * 2 ** 20, viewer: 'page-1' }
      ]);
      expect(world.fleet.pendingStop(listed.identity ?? '')).toEqual({
        mayKillMs: NOW_MS + 5000
      });
    });

    it('should keep the time of the first request', async () => {
      const connection = world.open('a');
      await world.look();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      for (const passedMs of [3000, 6000]) {
        const stopping = world.fleet.stop(listed, false);
        await turns();
        await stopping;
        vi.setSystemTime(NOW_MS + passedMs);
      }
      const pending = world.fleet.pendingStop(listed.identity ?? '');
      expect(pending?.mayKillMs).toBe(NOW_MS + 5000);
    });

    it('should forget a process that is listed no more', async () => {
      const connection = world.open('a');
      await world.look();
      const agent = world.agents.get('a');
      agent?.push(connection, { processes: SURVEY });
      const stopping = world.fleet.stop(listed, false);
      await turns();
      await stopping;
      agent?.push(connection, {
        processes: { ...SURVEY, time: NOW_MS / 1000 + 1, processes: [] }
      });
      expect(world.fleet.pendingStop(listed.identity ?? '')).toBeNull();
    });

    it('should refuse what nobody has listed, or may not be stopped', async () => {
      await world.look();
      await expect(world.fleet.stop(listed, false)).rejects.toThrow('is gone');
      const connection = world.open('a');
      world.opened.emit();
      await turns();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      const unstoppable = { ...listed, identity: null };
      await expect(world.fleet.stop(unstoppable, false)).rejects.toThrow();
      expect(connection.operations).toEqual(['attach']);
    });
  });
});
