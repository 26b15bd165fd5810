import type { IStateDB } from '@jupyterlab/statedb';
import { StateDB } from '@jupyterlab/statedb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Folds } from '../../src/plugins/folds';
import { eraseAll } from '../views/draw';
import { FakeActions, FakeMonitor, FakeSource } from '../views/fake';
import { attach } from '../views/draw';
import { VramPanel } from '../../src/views/panel/panel';

const KEY = 'jupyterlab-vram:folds';

describe('Folds', () => {
  let database: IStateDB;

  beforeEach(() => {
    database = new StateDB();
  });

  afterEach(eraseAll);

  /** A panel in a page that has just been loaded. */
  async function panel(): Promise<(title: string) => HTMLElement> {
    const folds = new Folds(database);
    await folds.load();
    const { node } = await attach(
      new VramPanel({
        source: new FakeSource(new FakeMonitor()),
        actions: new FakeActions(),
        snippets: [{ id: 'a', label: 'A', caption: '' }],
        folds
      })
    );
    return title => {
      const found = [
        ...node.querySelectorAll<HTMLElement>('.jp-VramPanel-fold')
      ].find(each => each.textContent?.startsWith(title));
      if (!found) {
        throw new Error(`There is no section ${title}`);
      }
      return found;
    };
  }

  it('should still be as they were when the page is loaded again', async () => {
    const before = await panel();
    expect(before('Held by').ariaExpanded).toBe('true');
    expect(before('Plan').ariaExpanded).toBe('false');
    before('Held by').click();
    before('Plan').click();
    await vi.waitFor(async () =>
      expect(await database.fetch(KEY)).toEqual({ holders: false, plan: true })
    );
    eraseAll();
    const after = await panel();
    expect(after('Held by').ariaExpanded).toBe('false');
    expect(after('Plan').ariaExpanded).toBe('true');
    expect(after('Insert a cell').ariaExpanded).toBe('true');
  });

  it('should not undo what a person did before they were read', async () => {
    await database.save(KEY, { plan: false, holders: false });
    const folds = new Folds(database);
    folds.set('plan', true);
    await folds.load();
    expect([folds.isOpen('plan'), folds.isOpen('holders')]).toEqual([
      true,
      null
    ]);
  });

  it.each([null, 7, 'no', ['plan'], { plan: 'yes', holders: null }])(
    'should take %j for nothing saved',
    async saved => {
      await database.save(KEY, saved);
      const folds = new Folds(database);
      await folds.load();
      expect([folds.isOpen('plan'), folds.isOpen('holders')]).toEqual([
        null,
        null
      ]);
    }
  );

  it('should do without a database, and with one that fails', async () => {
    const broken = {
      fetch: async () => Promise.reject(new Error('no')),
      save: async () => Promise.reject(new Error('no'))
    } as unknown as IStateDB;
    for (const folds of [new Folds(null), new Folds(broken)]) {
      await folds.load();
      folds.set('plan', true);
      expect(folds.isOpen('plan')).toBe(true);
    }
  });
});
