import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { expect, vi } from 'vitest';

import type { IGpu, IGpuProcess, ISurvey } from '../../src/core/wire/generated';
import type {
  IServerKernels,
  IServerKernel,
  IPendingStop
} from '../../src/model/server/tokens';
import { ServerSection } from '../../src/views/processes/serversection';
import type { IKernelActions } from '../../src/views/processes/kernelactions';
import type { IActiveDevices } from '../../src/views/processes/processrow';
import { gpuProcess } from '../core/gpuprocess';
import { draw, trans } from './draw';
import { FakeMonitor, GIB } from './fake';

export const NOW_MS = 1_764_000_000_000;
export const UUID = 'gpu-1';

export class FakeFleet implements IServerKernels {
  readonly changed: Signal<IServerKernels, void> = new Signal(this);
  kernels: IServerKernel[] = [];
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

  async readOnce(): Promise<void> {
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
export class FakeFleetActions implements IKernelActions {
  readonly calls: string[] = [];

  clear(kernel: IServerKernel): void {
    this.calls.push(`clear ${kernel.kernelId}`);
  }

  canOpen({ sessionType }: IServerKernel): boolean {
    return sessionType !== '';
  }

  open(kernel: IServerKernel): void {
    this.calls.push(`open ${kernel.kernelId}`);
  }

  shutDown(kernel: IServerKernel): void {
    this.calls.push(`shut down ${kernel.kernelId}`);
  }

  readOnce(kernel: IServerKernel): void {
    this.calls.push(`ask ${kernel.kernelId}`);
  }

  stop(process: IGpuProcess, force: boolean): void {
    this.calls.push(`${force ? 'kill' : 'stop'} ${process.pid}`);
  }
}

export function kernel(change: Partial<IServerKernel> = {}): IServerKernel {
  return {
    kernelId: 'k1',
    names: ['work/finetune.ipynb'],
    path: 'work/finetune.ipynb',
    sessionType: 'notebook',
    state: 'idle',
    lastActivityMs: NOW_MS - 12 * 60_000,
    connections: 1,
    monitor: new FakeMonitor(),
    lastRead: null,
    isBeingAsked: false,
    ...change
  };
}

export function gpu(change: Partial<IGpu> = {}): IGpu {
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

export function process(change: Partial<IGpuProcess> = {}): IGpuProcess {
  return gpuProcess({
    shares: [{ uuid: UUID, usedBytes: 2 * GIB }],
    user: 'ada',
    command: '/usr/bin/python train.py',
    startedSeconds: NOW_MS / 1000 - 3 * 3600,
    identity: 'identity-77',
    ...change
  });
}

export function survey(
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

/** A section of the panel about a fleet, drawn anew by each test. */
export class FleetRig {
  readonly fleet = new FakeFleet();
  readonly actions = new FakeFleetActions();
  mayStop = true;
  active: IActiveDevices | null = null;

  /** Draw the section and unfold it. */
  async show(): Promise<HTMLElement> {
    const options = {
      serverKernels: this.fleet,
      actions: this.actions,
      mayStop: () => this.mayStop
    };
    const node = await draw(
      <ServerSection
        options={options}
        active={this.active}
        nowMs={NOW_MS}
        trans={trans}
      />
    );
    const heading = node.querySelector<HTMLElement>('.jp-VramPanel-fold');
    heading?.click();
    await vi.waitFor(() =>
      expect(node.querySelector('.jp-VramPanel-body')?.textContent).not.toBe('')
    );
    return node;
  }

  /** Draw the section; returns what it says. */
  async text(): Promise<string> {
    const node = await this.show();
    return node.querySelector('.jp-VramPanel-body')?.textContent ?? '';
  }
}
