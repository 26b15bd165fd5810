import { sentenceOf } from '../core/text/translation';
import type { Sentence } from '../core/text/translation';
import type { Kernel } from '@jupyterlab/services';

import { NoAnswerError } from '../kernel/ask';
import { BusyError } from '../kernel/channel';
import { outage } from './outage';
import type { MonitorStatus } from './tokens';

/** Where this page stands with the agent of one kernel. */
export class AgentState {
  /** The latest of what happened; the kernel itself may say otherwise, see `shown`. */
  status: MonitorStatus = 'asleep';
  /** Why `status` is `failed`. */
  failure: Sentence | null = null;
  /** Whether the kernel speaks another language than Python. */
  isForeign = false;
  /** Whether a view shows this kernel. */
  isWanted = false;
  /** Whether the page is gone, as far as it knows; it may come back. */
  isAway = false;
  /** Whether the agent stopped for want of a sign of this page. */
  hasLapsed = false;

  /** What a person is to know. */
  shown(kernel: Kernel.IKernelConnection): MonitorStatus {
    if (this.isForeign) {
      return 'not-python';
    }
    const isStarting =
      this.isWanted && this.status === 'asleep' && !this.hasLapsed;
    return outage(kernel) ?? (isStarting ? 'connecting' : this.status);
  }

  /**
   * Whether the agent should be attached, and can be.
   *
   * A kernel that is *starting*, or of *unknown* status, counts too: after it
   * restarted by itself, or a page was loaded, JupyterLab leaves it at that.
   */
  mayAttach(kernel: Kernel.IKernelConnection): boolean {
    return (
      this.isWanted &&
      !this.isAway &&
      !this.isForeign &&
      this.status !== 'attached' &&
      // Every attempt ends with the kernel idle, so *idle* must not start another.
      this.status !== 'failed' &&
      kernel.status !== 'terminating' &&
      outage(kernel) === null
    );
  }

  /** Whether the agent was told the settings, and what came of it is known. */
  get isTold(): boolean {
    return this.status === 'attached' || this.status === 'failed';
  }

  /** A person wants another attempt. */
  forgiveFailure(): void {
    this.status = this.status === 'failed' ? 'asleep' : this.status;
  }

  /**
   * Note that the agent could not be attached, or not again.
   *
   * @returns why; null if the request may only wait for a cell, or the kernel be gone
   */
  noteFailure(reason: unknown): Sentence | null {
    // A push may have come first, which says more than a late answer.
    const isAttached = this.status === 'attached';
    if (reason instanceof BusyError || reason instanceof NoAnswerError) {
      this.status = isAttached ? 'attached' : 'waiting';
      return null;
    }
    const failure = sentenceOf(reason);
    if (!isAttached) {
      this.failure = failure;
      this.status = 'failed';
    }
    return failure;
  }
}
