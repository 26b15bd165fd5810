import type { AgentRequest } from '../core/wire/generated';
import { LEASE_SECONDS } from './lease';
import type { ISettings, ISettingsSource } from './settings';

/** What an agent is told when it is attached: the settings that concern it. */
export class AttachOptions {
  constructor(source: ISettingsSource, viewer: string) {
    this._source = source;
    this._viewer = viewer;
  }

  /** From how many bytes on a process counts as an orphan; null: processes are not wanted. */
  leftoverBytes: number | null = null;

  /** Whether there are other settings now than the agent was told. */
  get isOutdated(): boolean {
    const { settings } = this._source;
    const told = this._told ?? settings;
    const isCurious =
      this._told !== null && this.leftoverBytes !== this._toldLeftover;
    return (
      isCurious ||
      settings.exactPeaks !== told.exactPeaks ||
      settings.pushIntervalMs !== told.pushIntervalMs ||
      settings.practiceDevice !== told.practiceDevice
    );
  }

  /** Whether it is unknown if the agent has heard the latest `attachRequest`. */
  get isUnanswered(): boolean {
    return this._isUnanswered;
  }

  /** The request that tells the agent the settings of this moment. */
  attachRequest(): AgentRequest {
    const { exactPeaks, pushIntervalMs, practiceDevice } =
      this._source.settings;
    this._told = this._source.settings;
    this._toldLeftover = this.leftoverBytes;
    this._isUnanswered = true;
    // Even without an answer the agent may have switched it on.
    this._isPracticeOurs ||= practiceDevice;
    return {
      op: 'attach',
      viewer: this._viewer,
      interval_ms: pushIntervalMs,
      exact_peaks: exactPeaks,
      leftover_bytes: this.leftoverBytes ?? undefined,
      // A device that `%vram practice on` switched on is the person's own.
      practice: practiceDevice || (this._isPracticeOurs ? false : null),
      lease_s: LEASE_SECONDS
    };
  }

  /** Note that the agent has answered the latest `attachRequest`. */
  noteAnswer(isAccepted: boolean): void {
    this._isUnanswered = false;
    if (isAccepted) {
      this._isPracticeOurs = this._told?.practiceDevice ?? false;
    }
  }

  detachRequest(): AgentRequest {
    return { op: 'detach', viewer: this._viewer };
  }

  private readonly _source: ISettingsSource;
  private readonly _viewer: string;
  private _told: ISettings | null = null;
  private _toldLeftover: number | null = null;
  private _isUnanswered = false;
  /** Whether the setting, and not the person, may have switched the device on. */
  private _isPracticeOurs = false;
}
