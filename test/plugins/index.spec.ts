import { beforeEach, describe, expect, it, vi } from 'vitest';

import manifest from '../../package.json';
import plugins from '../../src';
import { ISettingsStore } from '../../src/plugins/settings';
import { CommandIDs } from '../../src/plugins/tokens';
import { Lab } from './lab';

describe('plugins', () => {
  it('should be fourteen, each with an id of its own', () => {
    const ids = plugins.map(({ id }) => id);
    expect(ids).toHaveLength(14);
    expect(new Set(ids).size).toBe(14);
    for (const id of ids) {
      expect(id).toMatch(new RegExp(`^${manifest.name}:[a-z]+$`));
    }
  });

  it.each(plugins)('should say what $id does', ({ autoStart, description }) => {
    expect(description).toMatch(/^(Adds|Announces|Provides) .{20,}\.$/);
    expect(autoStart).toBe(true);
  });

  it('should have one whose settings are in the schema', () => {
    const ids = plugins.map(({ id }) => id);
    expect(ids).toContain(`${manifest.name}:plugin`);
  });

  it('should each provide what it says, once', () => {
    const provided = plugins.flatMap(({ provides }) => provides?.name ?? []);
    expect(new Set(provided).size).toBe(provided.length);
    expect(provided).toContain(ISettingsStore.name);
  });

  describe('in an application', () => {
    let lab: Lab;

    beforeEach(async () => {
      lab = new Lab();
      await lab.start();
    });

    it('should register every command of the extension', () => {
      const ids = Object.values(CommandIDs);
      expect(ids).toHaveLength(10);
      expect(lab.commands.listCommands().sort()).toEqual([...ids].sort());
    });

    it.each(Object.values(CommandIDs))(
      'should describe %s and its arguments',
      async id => {
        expect(lab.commands.label(id)).not.toBe('');
        const { args } = await lab.commands.describedBy(id);
        expect(args).toMatchObject({ type: 'object' });
      }
    );

    it('should offer in the palette what a person can call', () => {
      const offered = lab.palette.map(({ command, args }) =>
        lab.commands.label(command, args)
      );
      expect(offered).toContain('Show GPU Memory');
      expect(offered).toContain('Clear GPU Memory');
      expect(offered).toContain('Clear GPU Memory Quietly');
      expect(new Set(offered).size).toBe(offered.length);
    });

    it('should add one panel, and one item to the status bar', () => {
      expect(lab.shell.added).toHaveLength(1);
      expect(lab.status).toHaveLength(1);
    });

    it('should show the panel on command', async () => {
      await lab.commands.execute(CommandIDs.open);
      expect(lab.shell.activated).toEqual([lab.shell.added[0]?.id]);
    });

    it('should show the status item while a document is open and the settings allow it', () => {
      const item = lab.status[0];
      const changed = vi.fn();
      item?.activeStateChanged?.connect(changed);
      expect(item?.isActive?.()).toBe(false);
      lab.open();
      expect(item?.isActive?.()).toBe(true);
      expect(changed).toHaveBeenCalledTimes(1);
      lab.stored.change({ statusItem: false });
      expect(item?.isActive?.()).toBe(false);
      expect(changed).toHaveBeenCalledTimes(2);
    });
  });

  it('should do with no more than they require', async () => {
    const lab = new Lab();
    lab.forgetOptional();
    await lab.start();
    expect(lab.commands.listCommands()).toHaveLength(10);
  });
});
