import type { Sentence } from '../core/text/translation';
import type { ISessionContext } from '@jupyterlab/apputils';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type {
  ICellRecord,
  IReading,
  IRunningCell,
  ISurvey
} from '../core/wire/generated';
import type { IWarning } from '../core/leaks/warnings/warning';
import type { IQuery } from '../kernel/query';
import type { ICleared } from './cleared';
import type { IHoldingsLook } from './holdings';

/**
 * Where a monitor stands with its kernel.
 *
 * - `connecting`: the agent is being attached
 * - `waiting`: the kernel is busy and can't answer before its cell ends
 * - `attached`: readings arrive
 * - `asleep`: no view shows it; the agent is detached or never was attached, or has
 *   stopped because there was no sign of this page for a long time
 * - `restarting`, `dead`, `disconnected`: what JupyterLab says of the kernel
 * - `not-python`: the kernel speaks another language
 * - `failed`: the agent could not be attached; `failure` says why
 */
export type MonitorStatus =
  | 'connecting'
  | 'waiting'
  | 'attached'
  | 'asleep'
  | 'restarting'
  | 'dead'
  | 'disconnected'
  | 'not-python'
  | 'failed';

/** One point of a device's history. */
export interface ISample {
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly timeMs: number;
  readonly allocatedBytes: number;
  readonly reservedBytes: number;
}

/** One kernel's GPU memory: what it is now, what it was, and what is wrong. */
export interface IMonitor extends IDisposable {
  /** Emitted after anything below has changed; once for each message. */
  readonly changed: ISignal<IMonitor, void>;
  /** Emitted when a cell's record arrives. */
  readonly cellFinished: ISignal<IMonitor, ICellRecord>;
  /** Emitted once for each warning when it first appears. */
  readonly warningRaised: ISignal<IMonitor, IWarning>;

  readonly kernelId: string;
  readonly status: MonitorStatus;
  /** Why `status` is `failed`. */
  readonly failure: Sentence | null;
  /** Whether the kernel is running something, by JupyterLab's own indicator. */
  readonly busy: boolean;
  readonly reading: IReading | null;
  readonly running: IRunningCell | null;
  /** Oldest first. */
  readonly records: readonly ICellRecord[];
  /** What is wrong now, without what is snoozed. */
  readonly warnings: readonly IWarning[];
  readonly snoozedCount: number;
  /** The latest clear of this kernel, until a later cell has ended. */
  readonly cleared: ICleared | null;
  /** Who holds the memory, once a person has asked. */
  readonly holdings: IHoldingsLook;

  /** Milliseconds since the shown reading was taken; null without a reading. */
  ageMs(nowMs: number): number | null;
  /** Whether the shown reading may no longer be true (a busy kernel fell silent). */
  isStale(nowMs: number): boolean;
  /** Bounded history of one device, oldest first. */
  samples(deviceId: string): readonly ISample[];
  /** Browser time, in milliseconds, of a kernel time in seconds. */
  toBrowserMs(kernelSeconds: number): number;
  /** Hide one warning for the time set in the settings. */
  snooze(warningId: string): void;
  /** Show snoozed warnings again. */
  unsnoozeAll(): void;
  /** Show what the cell of `record` gave back as the latest clear. */
  noteCleared(record: ICellRecord): void;
  /**
   * Ask the agent a question, once and silently; while a cell runs on a subshell.
   *
   * @throws RefusedError if the agent refused, with one plain sentence
   * @throws BusyError if the kernel is busy and has no subshells
   * @throws NoAnswerError if no answer came in time
   * @throws AgentError if there is no agent, or its answer makes no sense
   */
  ask<T>(question: IQuery<T>): Promise<T>;
  /** Try to attach the agent again after `status` was `failed`. */
  retry(): void;
}

/** A monitor that can be told to watch, and to rest. */
export interface IWatchedMonitor extends IMonitor {
  /** Emitted with who uses the GPUs, once `tellProcesses` asked for it. */
  readonly surveyed: ISignal<IMonitor, ISurvey>;
  /** Begin to watch: attaches the agent as soon as the kernel can answer. */
  wake(): void;
  /** Stop watching; an idle kernel is told so by one request. */
  sleep(): void;
  /** A person is there: an idle agent that would soon stop for want of a sign goes on. */
  renew(): void;
  /** The page goes away, and the agent is told in this very moment; or it is back as it was. */
  setAway(isAway: boolean): void;
  /**
   * Have the agent tell who uses the GPUs whenever that changes.
   *
   * @param leftoverBytes - from how many bytes on a process may be an orphan;
   * null: no longer
   */
  tellProcesses(leftoverBytes: number | null): void;
  /**
   * Clear without a cell.
   *
   * @returns why it was refused, or null when it was done
   */
  clearQuietly(): Promise<string | null>;
  /**
   * Release just what a preview showed, then clear; see `IReleasePreview`.
   *
   * @param preview - its `token`
   * @returns why nothing was done, or null when it was done
   */
  release(preview: string): Promise<string | null>;
}

/** What the panel is about at the moment. */
export interface IActiveTarget {
  /** The file's or console's name; empty when there is none. */
  readonly title: string;
  /** Null when no notebook or console is open, or it has no kernel. */
  readonly monitor: IMonitor | null;
  /** Whether a notebook or console is active at all. */
  readonly hasDocument: boolean;
}

/** Every monitor of this page, and which of them the panel is about. */
export interface IMonitors {
  readonly target: IActiveTarget;
  /** Emitted when `target`, or its title, has changed. */
  readonly targetChanged: ISignal<IMonitors, void>;
  /** Emitted when a warning first appears in any monitor. */
  readonly warningRaised: ISignal<IMonitors, IRaisedWarning>;
  /** Emitted when a cell's record arrives in any monitor. */
  readonly cellFinished: ISignal<IMonitors, IFinishedCell>;
  /** Emitted when a message from a kernel was rejected. */
  readonly messageRejected: ISignal<IMonitors, string>;
  /** The monitor of a kernel, if its document was ever active or followed. */
  monitorOf(kernelId: string): IWatchedMonitor | null;
  /** Make a monitor for a document's kernel, whichever that is; asks it nothing. */
  follow(sessionContext: ISessionContext): void;
  /** Whether a kernel was ever active while a view showed it. */
  wasActive(kernelId: string): boolean;
  /** Say whether a view shows this; nothing runs when none does. */
  setLooking(isLooking: boolean): void;
  /** Emitted when a person does something in the page. */
  readonly touched: ISignal<IMonitors, void>;
}

/** A warning and where it appeared. */
export interface IRaisedWarning {
  readonly monitor: IMonitor;
  readonly warning: IWarning;
}

/** A cell's record and where it ran. */
export interface IFinishedCell {
  readonly monitor: IMonitor;
  readonly record: ICellRecord;
}

/** The token for `IMonitors`. */
export const IMonitors = new Token<IMonitors>(
  'jupyterlab-vram:IMonitors',
  'A service that knows the GPU memory of the kernels of this page.'
);
