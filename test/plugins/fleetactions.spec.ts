import { Notification } from '@jupyterlab/apputils';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IGpuProcess, IStopReport } from '../../src/core/wire/generated';
import { gpuProcess } from '../core/gpuprocess';
import type {
  IServerKernels,
  IServerKernel
} from '../../src/model/server/tokens';
import { kernelActions, mayDropOutput } from '../../src/plugins/kernelactions';
import type { IKernelActions } from '../../src/views/processes/kernelactions';

const GIB = 2 ** 30;

const KERNEL: IServerKernel = {
  kernelId: 'k1',
  names: ['work/a.ipynb', 'work/b.ipynb'],
  path: 'work/a.ipynb',
  sessionType: 'notebook',
  state: 'idle',
  lastActivityMs: null,
  connections: 1,
  monitor: null,
  lastRead: null,
  isBeingAsked: false
};

const PROCESS = gpuProcess({
  shares: [{ uuid: 'a', usedBytes: 3 * GIB }],
  user: 'ada',
  command: 'python train.py --epochs 3',
  identity: 'identity-77'
});

describe('fleetActions()', () => {
  let actions: IKernelActions;
  let calls: string[];
  let outcome: () => Promise<IStopReport>;
  let known: Set<string>;

  beforeEach(() => {
    calls = [];
    known = new Set(['docmanager:open', 'console:open']);
    outcome = async () =>
      Promise.resolve({ signal: 'SIGTERM', hasEnded: true, graceSeconds: 5 });
    const serverKernels = {
      changed: new Signal({}),
      kernels: [],
      stop: async (process: IGpuProcess, force: boolean) => {
        calls.push(`${force ? 'kill' : 'stop'} ${process.pid}`);
        return outcome();
      },
      clear: async (id: string) => {
        calls.push(`clear ${id}`);
        return Promise.resolve('A cell is running; clear when it has ended.');
      },
      readOnce: async (id: string) => Promise.resolve(calls.push(`ask ${id}`))
    } as unknown as IServerKernels;
    const app = {
      commands: {
        hasCommand: (id: string) => known.has(id),
        execute: async (id: string, args: { path: string }) =>
          Promise.resolve(calls.push(`${id} ${args.path}`))
      },
      serviceManager: {
        kernels: {
          shutdown: async (id: string) =>
            Promise.resolve(calls.push(`shut down ${id}`))
        },
        sessions: { refreshRunning: async () => Promise.resolve() }
      }
    } as unknown as JupyterFrontEnd;
    const trans = nullTranslator.load('jupyterlab_vram');
    actions = kernelActions({ app, serverKernels, trans });
  });

  afterEach(() => {
    document.body.replaceChildren();
    Notification.manager.dismiss();
  });

  /** Wait for the dialog, and return its text and a way to press a button. */
  async function dialog(): Promise<{
    text: string;
    press(label: string): void;
  }> {
    const node = await vi.waitFor(() => {
      const found = document.querySelector('.jp-Dialog');
      if (!found) {
        throw new Error('No dialog');
      }
      return found;
    });
    return {
      text: node.textContent ?? '',
      press: label => {
        const buttons = [...node.querySelectorAll('button')];
        buttons.find(each => each.textContent === label)?.click();
      }
    };
  }

  async function untilClosed(): Promise<void> {
    await vi.waitFor(() =>
      expect(document.querySelector('.jp-Dialog')).toBeNull()
    );
  }

  function notices(): string[] {
    return Notification.manager.notifications.map(({ message }) => message);
  }

  it('should stop a process only after a person agreed to what dies', async () => {
    actions.stop(PROCESS, false);
    const first = await dialog();
    for (const words of ['PID 77', 'train.py --epochs 3', 'ada', '3.00 GiB']) {
      expect(first.text).toContain(words);
    }
    first.press('Cancel');
    await untilClosed();
    expect(calls).toEqual([]);
    actions.stop(PROCESS, false);
    (await dialog()).press('Stop');
    await vi.waitFor(() => expect(calls).toEqual(['stop 77']));
    expect(notices()).toEqual([]);
  });

  it('should say that a process goes on, and kill it when asked to', async () => {
    outcome = async () =>
      Promise.resolve({ signal: 'SIGTERM', hasEnded: false, graceSeconds: 5 });
    actions.stop(PROCESS, false);
    (await dialog()).press('Stop');
    await vi.waitFor(() => expect(notices()).toHaveLength(1));
    expect(notices()[0]).toContain('asked to end and is still running');
    await untilClosed();
    actions.stop(PROCESS, true);
    const second = await dialog();
    expect(second.text).toContain('without saving');
    second.press('Kill');
    await vi.waitFor(() => expect(calls).toEqual(['stop 77', 'kill 77']));
  });

  it('should pass on why the agent refused', async () => {
    outcome = async () =>
      Promise.reject(new Error('It belongs to another user.'));
    actions.stop(PROCESS, false);
    (await dialog()).press('Stop');
    await vi.waitFor(() =>
      expect(notices()).toEqual(['It belongs to another user.'])
    );
  });

  it('should shut a kernel down only after a person agreed', async () => {
    actions.shutDown(KERNEL);
    const first = await dialog();
    expect(first.text).toContain('work/a.ipynb, work/b.ipynb');
    first.press('Cancel');
    await untilClosed();
    expect(calls).toEqual([]);
    actions.shutDown(KERNEL);
    (await dialog()).press('Shut Down');
    await vi.waitFor(() => expect(calls).toEqual(['shut down k1']));
  });

  it('should go to a notebook or a console', async () => {
    actions.open(KERNEL);
    actions.open({
      ...KERNEL,
      names: ['Console 1'],
      path: 'c-1',
      sessionType: 'console'
    });
    await vi.waitFor(() =>
      expect(calls).toEqual([
        'docmanager:open work/a.ipynb',
        'console:open c-1'
      ])
    );
  });

  it('should offer to go only where the page can', () => {
    const lonely = { ...KERNEL, sessionType: '' };
    const shell = { ...KERNEL, sessionType: 'console' };
    expect([KERNEL, shell, lonely].map(actions.canOpen)).toEqual([
      true,
      true,
      false
    ]);
    known.delete('console:open');
    expect(actions.canOpen(shell)).toBe(false);
  });

  it('should clear, and say why not', async () => {
    actions.clear(KERNEL);
    await vi.waitFor(() => expect(notices()).toHaveLength(1));
    expect(calls).toEqual(['clear k1']);
    expect(notices()[0]).toContain('A cell is running');
  });

  it('should ask a kernel', () => {
    actions.readOnce(KERNEL);
    expect(calls).toEqual(['ask k1']);
  });

  it('should say what is lost before anybody connects to a kernel that is left alone', async () => {
    const trans = nullTranslator.load('jupyterlab_vram');
    for (const [label, isMeant] of [
      ['Cancel', false],
      ['Connect and Drop', true]
    ] as const) {
      const answer = mayDropOutput({ ...KERNEL, connections: 0 }, trans);
      const { text, press } = await dialog();
      expect(text).toContain('a.ipynb');
      expect(text).toContain('the server drops it');
      press(label);
      expect(await answer).toBe(isMeant);
      await untilClosed();
    }
  });
});
