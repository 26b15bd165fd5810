import type { JupyterFrontEnd } from '@jupyterlab/application';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { DEFAULT_SETTINGS } from '../../src/model/settings';
import type { ISettingsStore } from '../../src/plugins/settings';
import { settingsPlugin } from '../../src/plugins/settings';
import { FakeStored } from './lab';

describe('settingsPlugin', () => {
  let stored: FakeStored;

  const activate = async (
    load: (() => Promise<unknown>) | null
  ): Promise<ISettingsStore> =>
    settingsPlugin.activate({} as JupyterFrontEnd, load && { load });

  beforeEach(() => {
    stored = new FakeStored();
  });

  it('should provide what is stored, and every change of it', async () => {
    stored.composite = { cellBadges: true };
    const store = await activate(async () => Promise.resolve(stored));
    expect(store.settings).toEqual({ ...DEFAULT_SETTINGS, cellBadges: true });
    const changed = vi.fn();
    store.settingsChanged.connect(changed);
    stored.change({ snoozeMinutes: 5 });
    expect(changed).toHaveBeenCalledTimes(1);
    expect(store.settings.snoozeMs).toBe(300_000);
  });

  it('should provide the defaults without a registry', async () => {
    const store = await activate(null);
    expect(store.settings).toEqual(DEFAULT_SETTINGS);
    store.set('practiceDevice', true);
    expect(store.settings.practiceDevice).toBe(true);
  });

  it('should provide the defaults when the settings cannot be read', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const store = await activate(async () => Promise.reject(new Error('No')));
    expect(store.settings).toEqual(DEFAULT_SETTINGS);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  describe('#set()', () => {
    it('should apply at once and store the value', async () => {
      const store = await activate(async () => Promise.resolve(stored));
      const changed = vi.fn();
      store.settingsChanged.connect(changed);
      store.set('practiceDevice', true);
      expect(store.settings.practiceDevice).toBe(true);
      expect(changed).toHaveBeenCalledTimes(1);
      expect(stored.stored).toEqual([['practiceDevice', true]]);
    });

    it('should apply though the value cannot be stored', async () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      stored.failure = new Error('Read-only');
      const store = await activate(async () => Promise.resolve(stored));
      store.set('practiceDevice', true);
      await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
      expect(store.settings.practiceDevice).toBe(true);
    });
  });
});
