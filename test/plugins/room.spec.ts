import { Notification } from '@jupyterlab/apputils';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { CommandIDs } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { Lab } from './lab';

interface ICell {
  readonly cell_type: string;
  readonly source: string;
}

describe('roomPlugin', () => {
  let lab: Lab;
  let inserted: ICell[];
  const create = vi.fn();

  beforeEach(async () => {
    Notification.manager.dismiss();
    lab = new Lab();
    await lab.start();
    inserted = [];
    create.mockReset().mockResolvedValue({
      context: {
        ready: Promise.resolve(),
        model: {
          sharedModel: {
            insertCells: (index: number, cells: ICell[]) =>
              inserted.splice(index, 0, ...cells)
          }
        }
      }
    });
    lab.commands.addCommand('notebook:create-new', { execute: create });
  });

  it('should open a notebook on the kernel of the room, with cells', async () => {
    Object.assign(lab.serviceManager.kernelspecs, {
      specs: { kernelspecs: { 'vram-room': {} } }
    });
    await lab.commands.execute(CommandIDs.newRoom);
    expect(create).toHaveBeenCalledWith({ kernelName: 'vram-room' });
    expect(inserted.map(cell => cell.cell_type)).toEqual([
      'markdown',
      'code',
      'code',
      'code',
      'code'
    ]);
    expect(inserted[1]?.source).toContain('await room.show();');
    expect(Notification.manager.count).toBe(0);
  });

  it('should say what to install where the kernel has no Deno, however it was opened', async () => {
    const settle = (): Promise<void> => new Promise(done => setTimeout(done));
    const kernel = (name: string, implementation: string): FakeConnection =>
      new FakeConnection({ name, info: Promise.resolve({ implementation }) });
    lab.open(kernel('vram-room', 'Deno kernel'));
    lab.open(kernel('python3', 'vram-room-without-deno'));
    await settle();
    expect(Notification.manager.count).toBe(0);

    const { sessionContext } = lab.open();
    sessionContext.setKernel(kernel('vram-room', 'vram-room-without-deno'));
    await settle();
    expect(Notification.manager.notifications[0]?.message).toContain(
      'pip install "jupyterlab-vram[deno]"'
    );
    expect(Notification.manager.count).toBe(1);
  });

  it('should say what to install where the kernel is missing', async () => {
    await lab.commands.execute(CommandIDs.newRoom);
    expect(create).not.toHaveBeenCalled();
    expect(Notification.manager.notifications[0]?.message).toContain(
      'pip install "jupyterlab-vram[deno]"'
    );
  });
});
