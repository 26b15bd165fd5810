import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IGpu, IGpuProcess, ISurvey } from '../../src/core/survey';
import { gpuProcess } from '../core/gpuprocess';
import type {
  IFleet,
  IFleetKernel,
  IPendingStop
} from '../../src/model/fleettokens';
import { FleetSection } from '../../src/views/fleet';
import type { IFleetActions } from '../../src/views/fleetactions';
import { button, draw, eraseAll, texts, trans } from './draw';
import { device, FakeMonitor, GIB, MIB, reading, record } from './fake';

const NOW_MS = 1_764_000_000_000;
const UUID = 'gpu-1';

class FakeFleet implements IFleet {
  readonly changed: Signal<IFleet, void> = new Signal(this);
  kernels: IFleetKernel[] = [];
  survey: ISurvey | null = null;
  hasReporter = true;
  staleMs: number | null = null;
  pending = new Map<string, IPendingStop>();
  looking: boolean[] = [];

  surveyAgeMs(): number | null {
    return this.survey && (this.staleMs ?? 0);
  }

  isSurveyStale(): boolean {
    return this.staleMs !== null;
  }

  pendingStop(identity: string): IPendingStop | null {
    return this.pending.get(identity) ?? null;
  }

  setLooking(isLooking: boolean): void {
    this.looking.push(isLooking);
  }

  async glanceAt(): Promise<void> {
    return Promise.resolve();
  }

  async clear(): Promise<null> {
    return Promise.resolve(null);
  }

  async stop(): Promise<never> {
    return Promise.reject(new Error('Only the actions stop anything'));
  }
}

/** Actions that only remember that they were called. */
class FakeFleetActions implements IFleetActions {
  readonly calls: string[] = [];

  clear(kernel: IFleetKernel): void {
    this.calls.push(`clear ${kernel.kernelId}`);
  }

  open(kernel: IFleetKernel): void {
    this.calls.push(`open ${kernel.kernelId}`);
  }

  shutDown(kernel: IFleetKernel): void {
    this.calls.push(`shut down ${kernel.kernelId}`);
  }

  glanceAt(kernel: IFleetKernel): void {
    this.calls.push(`ask ${kernel.kernelId}`);
  }

  stop(process: IGpuProcess, force: boolean): void {
    this.calls.push(`${force ? 'kill' : 'stop'} ${process.pid}`);
  }
}

function kernel(change: Partial<IFleetKernel> = {}): IFleetKernel {
  return {
    kernelId: 'k1',
    names: ['work/finetune.ipynb'],
    sessionType: 'notebook',
    state: 'idle',
    lastActivityMs: NOW_MS - 12 * 60_000,
    connections: 1,
    monitor: new FakeMonitor(),
    glance: null,
    isBeingAsked: false,
    ...change
  };
}

function gpu(change: Partial<IGpu> = {}): IGpu {
  return {
    uuid: UUID,
    parentUuid: null,
    index: 0,
    name: 'NVIDIA H100',
    totalBytes: 80 * GIB,
    usedBytes: 40 * GIB,
    isListed: true,
    otherBytes: 0,
    ...change
  };
}

function process(change: Partial<IGpuProcess> = {}): IGpuProcess {
  return gpuProcess({
    shares: [{ uuid: UUID, usedBytes: 2 * GIB }],
    user: 'ada',
    command: '/usr/bin/python train.py',
    startedSeconds: NOW_MS / 1000 - 3 * 3600,
    identity: 'identity-77',
    ...change
  });
}

function survey(
  processes: IGpuProcess[] = [],
  change: Partial<ISurvey> = {}
): ISurvey {
  return {
    timeSeconds: NOW_MS / 1000,
    state: 'ok',
    detail: '',
    gpus: [gpu()],
    processes,
    ...change
  };
}

describe('FleetSection', () => {
  let fleet: FakeFleet;
  let actions: FakeFleetActions;
  let mayStop: boolean;
  let toggles: boolean[];

  beforeEach(() => {
    fleet = new FakeFleet();
    actions = new FakeFleetActions();
    mayStop = true;
    toggles = [];
  });

  afterEach(eraseAll);

  /** Draw the section and unfold it. */
  async function show(): Promise<HTMLElement> {
    const options = {
      fleet,
      actions,
      mayStop: () => mayStop,
      onToggle: (isOpen: boolean) => toggles.push(isOpen)
    };
    const node = await draw(
      <FleetSection options={options} nowMs={NOW_MS} trans={trans} />
    );
    const heading = node.querySelector<HTMLElement>('.jp-VramPanel-fold');
    heading?.click();
    await vi.waitFor(() =>
      expect(node.querySelector('.jp-VramPanel-body')?.textContent).not.toBe('')
    );
    return node;
  }

  async function text(): Promise<string> {
    const node = await show();
    return node.querySelector('.jp-VramPanel-body')?.textContent ?? '';
  }

  it('should be folded until a person unfolds it, and say so', async () => {
    const node = await show();
    expect(toggles).toEqual([true]);
    node.querySelector<HTMLElement>('.jp-VramPanel-fold')?.click();
    expect(toggles).toEqual([true, false]);
  });

  describe('a notebook', () => {
    it('should be shown with its state and its three figures', async () => {
      const monitor = new FakeMonitor({
        reading: reading([
          device({ allocatedBytes: GIB, reservedBytes: 2 * GIB }),
          device({ id: 'cuda:1', allocatedBytes: GIB, reservedBytes: GIB })
        ]),
        records: [record(7, 0, 1)]
      });
      fleet.kernels = [kernel({ monitor })];
      fleet.survey = survey([
        process({ kernelId: 'k1', isKernel: true }),
        process({ pid: 78, kernelId: 'k1' })
      ]);
      const node = await show();
      expect(texts(node, '.jp-VramKernels-name')).toEqual(['finetune.ipynb']);
      expect(texts(node, '.jp-VramKernels-state')).toEqual(['Idle']);
      const cells = [...node.querySelectorAll('td[data-known]')];
      expect(cells.map(cell => cell.textContent)).toEqual([
        '2.00 GiB',
        '3.00 GiB',
        '4.00 GiB'
      ]);
      expect(cells[2]?.getAttribute('title')).toBe(
        '4,294,967,296 bytes, with 1 process that it started'
      );
      expect(texts(node, '.jp-VramKernels-foot')[0]).toContain(
        'idle for 12 min · last cell [7]'
      );
    });

    it('should have words, not zeros, for what is not known', async () => {
      fleet.kernels = [
        kernel({ monitor: new FakeMonitor({ reading: null }) }),
        kernel({
          kernelId: 'k2',
          monitor: new FakeMonitor({
            reading: reading([], { state: 'error' })
          })
        })
      ];
      const node = await show();
      expect(texts(node, 'td[data-known="false"]')).toEqual(
        Array(6).fill('unknown')
      );
    });

    it('should show how old the figures of a stuck kernel are', async () => {
      const monitor = new FakeMonitor({ busy: true, staleMs: 12_000 });
      fleet.kernels = [kernel({ monitor, state: 'busy' })];
      expect(await text()).toContain('Busy · as of 12 s ago');
    });

    it('should offer to clear, to go there, and to shut down', async () => {
      fleet.kernels = [kernel()];
      const node = await show();
      button(node, 'Clear').click();
      button(node, 'Go to').click();
      button(node, 'Shut down…').click();
      expect(actions.calls).toEqual(['clear k1', 'open k1', 'shut down k1']);
    });

    it('should not be cleared while it is busy, here or elsewhere', async () => {
      fleet.kernels = [
        kernel({ monitor: new FakeMonitor({ busy: true }) }),
        kernel({ kernelId: 'k2', monitor: null, state: 'busy' })
      ];
      const node = await show();
      const clears = [...node.querySelectorAll('button')].filter(
        each => each.textContent === 'Clear'
      );
      clears.forEach(each => each.click());
      expect(clears.map(each => each.title)).toEqual([
        'A cell is running. Clear when it ends.',
        'A cell is running. Clear when it ends.'
      ]);
      expect(actions.calls).toEqual([]);
    });

    it('should be asked when it is open nowhere and a person says so', async () => {
      fleet.kernels = [kernel({ monitor: null, connections: 0 })];
      const node = await show();
      expect(node.textContent).toContain('open nowhere');
      button(node, 'Ask').click();
      expect(actions.calls).toEqual(['ask k1']);
    });

    it.each([
      [{ failure: '', reading: null }, 'gave no answer'],
      [{ failure: 'The kernel is busy', reading: null }, 'The kernel is busy'],
      [{ failure: null, reading: reading([device()]) }, 'as of 30 s ago']
    ])('should say what asking led to: %#', async (change, words) => {
      const glance = { takenMs: NOW_MS - 30_000, ...change };
      fleet.kernels = [kernel({ monitor: null, glance })];
      expect(await text()).toContain(words);
    });

    it('should name how many share its kernel', async () => {
      fleet.kernels = [kernel({ names: ['a.ipynb', 'b.ipynb', 'c.ipynb'] })];
      expect(await text()).toContain('a.ipynb +2');
    });
  });

  it('should say that no kernel runs', async () => {
    fleet.hasReporter = false;
    const words = await text();
    expect(words).toContain('No Python kernel is running.');
    expect(words).toContain('Open a Python notebook to see the processes');
  });

  describe('a process', () => {
    const rows = (node: ParentNode): string[] =>
      texts(node, '.jp-VramProcesses tr');

    it('should be named, sized, and offered to be stopped', async () => {
      fleet.survey = survey([process()]);
      const node = await show();
      expect(rows(node)).toEqual(['pythonPID 77 · ada · for 3 h2.00 GiBStop…']);
      button(node, 'Stop…').click();
      expect(actions.calls).toEqual(['stop 77']);
    });

    it('should bear the name of its notebook, here or on another server', async () => {
      fleet.kernels = [kernel()];
      fleet.survey = survey([
        process({ pid: 1, isKernel: true, kernelId: 'k1', identity: null }),
        process({ pid: 2, kernelId: 'k1', notebook: '/old/name.ipynb' }),
        process({
          pid: 3,
          isKernel: true,
          kernelId: 'far',
          notebook: '/x/far.ipynb'
        }),
        process({ pid: 4, isKernel: true, command: 'python -m ipykernel' }),
        process({ pid: 5, command: null })
      ]);
      const node = await show();
      expect(texts(node, '.jp-VramProcesses-name')).toEqual([
        'finetune.ipynb',
        'a process of finetune.ipynb',
        'far.ipynb',
        'a Jupyter kernel',
        'unknown process'
      ]);
      expect(rows(node)[2]).toContain('of another server');
      // Ours is for JupyterLab to shut down.
      expect(rows(node)[0]).not.toContain('Stop');
    });

    it('should be called left over, more plainly when it is an orphan', async () => {
      fleet.survey = survey([
        process({ leftover: 'orphan' }),
        process({ pid: 78, leftover: 'unowned' }),
        process({ pid: 79 })
      ]);
      const node = await show();
      expect(texts(node, '.jp-VramProcesses-leftover')).toEqual([
        'left over',
        'left over?'
      ]);
    });

    it('should not be stopped where that is not allowed, and say why', async () => {
      fleet.survey = survey([
        process({ identity: null, whyNot: 'foreign-user' }),
        process({ pid: 78, identity: null, whyNot: 'a later code' })
      ]);
      const node = await show();
      const stops = [...node.querySelectorAll<HTMLElement>('td button')];
      stops.forEach(each => each.click());
      expect(stops.map(each => each.title)).toEqual([
        'It belongs to another user.',
        'It can’t be confirmed that this is the process that the driver means.'
      ]);
      expect(actions.calls).toEqual([]);
    });

    it('should be offered to be stopped nowhere where a setting says so', async () => {
      mayStop = false;
      fleet.survey = survey([process()]);
      expect(await text()).not.toContain('Stop');
    });

    it('should be killed only after it had time to end', async () => {
      fleet.survey = survey([process(), process({ pid: 78, identity: 'b' })]);
      fleet.pending.set('identity-77', { mayKillMs: NOW_MS + 1 });
      fleet.pending.set('b', { mayKillMs: NOW_MS });
      const node = await show();
      const kills = [...node.querySelectorAll<HTMLElement>('td button')];
      kills.forEach(each => each.click());
      expect(actions.calls).toEqual(['kill 78']);
    });

    it('should be one row with both figures where it is on two GPUs', async () => {
      const shares = [
        { uuid: UUID, usedBytes: 2 * GIB },
        { uuid: 'second', usedBytes: 3 * GIB }
      ];
      fleet.survey = survey(
        [process({ shares }), process({ pid: 78, identity: 'identity-78' })],
        { gpus: [gpu(), gpu({ uuid: 'second', index: 1 })] }
      );
      const node = await show();
      expect(rows(node)).toEqual([
        'pythonPID 78 · ada · for 3 h2.00 GiBStop…',
        '1 process on several GPUs, below2.00 GiB',
        '1 process on several GPUs, below3.00 GiB',
        'pythonPID 77 · ada · for 3 hGPU 0 2.00 GiBGPU 1 3.00 GiBStop…'
      ]);
    });

    it('should be unknown in words where the driver does not tell', async () => {
      fleet.survey = survey(
        [
          process({
            pid: 4_000_000,
            isVisible: false,
            user: null,
            command: 'trainer',
            startedSeconds: null,
            identity: null,
            whyNot: 'not-visible',
            shares: [{ uuid: UUID, usedBytes: null }]
          })
        ],
        { gpus: [gpu({ otherBytes: 12 * GIB })] }
      );
      const node = await show();
      expect(rows(node)).toEqual([
        'trainerPID 4000000 · on the host or in another containerunknownStop…',
        'Processes without a figure, and others12.0 GiB'
      ]);
    });
  });

  describe('a GPU', () => {
    const caption = async (change: Partial<IGpu>): Promise<string> => {
      fleet.survey = survey([], { gpus: [gpu(change)] });
      return text();
    };

    it('should show how much of it is used, and by whom else', async () => {
      const words = await caption({ otherBytes: 512 * MIB });
      expect(words).toContain('GPU 040.0 GiB of 80.0 GiB');
      expect(words).toContain('The driver lists no process.');
      expect(words).toContain('Other processes or containers512 MiB');
    });

    it('should say what the driver does not tell', async () => {
      const unlisted = { isListed: false, usedBytes: null, otherBytes: null };
      const words = await caption(unlisted);
      expect(words).toContain('used: unknown');
      expect(words).toContain('does not tell which processes');
      expect(words).not.toContain('Other processes');
    });

    it('should be called a slice if it is one', async () => {
      const words = await caption({ parentUuid: 'whole', index: 1 });
      expect(words).toContain('MIG slice 1');
    });

    it('should sum up what only draws', async () => {
      fleet.survey = survey([
        process({ kind: 'graphics' }),
        process({ kind: 'graphics', pid: 78 })
      ]);
      expect(await text()).toContain(
        'Screen and windows (2 processes)4.00 GiB'
      );
    });

    it('should say how old its figures are once nobody can tell', async () => {
      fleet.survey = survey([process()]);
      fleet.staleMs = 15_000;
      expect(await text()).toContain('· as of 15 s ago');
    });
  });

  it.each([
    ['no-tool', 'neither nvidia-smi nor nvidia-ml-py'],
    ['no-driver', 'driver is not loaded'],
    ['no-devices', 'sees no NVIDIA GPU'],
    ['mismatch', 'different versions'],
    ['no-permission', 'does not let this user ask'],
    ['lost', 'fallen off the bus'],
    ['timeout', 'did not answer in time'],
    ['failed', 'could not be asked']
  ] as const)(
    'should have words for a survey that is %s',
    async (state, words) => {
      fleet.survey = survey([], {
        state,
        gpus: [],
        detail: 'In its own words'
      });
      const found = await text();
      expect(found).toContain(words);
      expect(found).toContain('In its own words');
    }
  );

  it('should draw hostile text as text', async () => {
    const command = '<img src=x onerror=alert(1)>';
    fleet.kernels = [kernel({ names: ['<b>bold</b>.ipynb'] })];
    fleet.survey = survey([process({ command, user: '<i>' })]);
    const node = await show();
    expect(node.querySelector('img, b, i')).toBeNull();
    expect(node.textContent).toContain('<i>');
  });
});
