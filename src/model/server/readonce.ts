import type { IAgentMessage } from '../../core/wire/generated';
import type { Sentence } from '../../core/text/translation';
import { sentenceOf, untranslated } from '../../core/text/translation';
import type { Kernel } from '@jupyterlab/services';

import { NoAnswerError, withinTime } from '../../kernel/ask';
import { KernelLink } from '../../kernel/link';
import type { ISingleRead } from './tokens';

/** Connects to a kernel that is open nowhere in this page. */
export type Connect = (model: Kernel.IModel) => Kernel.IKernelConnection;

/**
 * Asks kernels once that are open nowhere in this page.
 *
 * The connection is closed at once: a server does not shut down an unused kernel
 * that a client is connected to.
 */
export class SingleReads {
  constructor(connect: Connect) {
    this._connect = connect;
  }

  get(kernelId: string): ISingleRead | null {
    return this._reads.get(kernelId) ?? null;
  }

  isAsking(kernelId: string): boolean {
    return this._asking.has(kernelId);
  }

  /**
   * Ask; a kernel that is being asked already is not asked twice.
   *
   * @param op - `clear` to clear its memory, too
   */
  async ask(
    model: Kernel.IModel,
    op: 'read' | 'clear' = 'read'
  ): Promise<void> {
    if (this._asking.has(model.id)) {
      return;
    }
    this._asking.add(model.id);
    try {
      this._reads.set(model.id, await this._read(model, op));
    } finally {
      this._asking.delete(model.id);
    }
  }

  /** Forget all kernels but these. */
  keep(kernelIds: ReadonlySet<string>): void {
    for (const id of this._reads.keys()) {
      if (!kernelIds.has(id)) {
        this._reads.delete(id);
      }
    }
  }

  private async _read(
    model: Kernel.IModel,
    op: 'read' | 'clear'
  ): Promise<ISingleRead> {
    const kernel = this._connect(model);
    try {
      await withinTime(kernel.info);
      return await this._askOver(new KernelLink(kernel), op);
    } catch (reason) {
      const failure =
        reason instanceof NoAnswerError ? 'no-answer' : sentenceOf(reason);
      return { ...NOTHING, takenMs: Date.now(), failure };
    } finally {
      kernel.dispose();
    }
  }

  private async _askOver(
    link: KernelLink,
    op: 'read' | 'clear'
  ): Promise<ISingleRead> {
    try {
      const message = await link.request({ op });
      const takenMs = Date.now();
      return message.kind === 'refused'
        ? { ...NOTHING, takenMs, failure: refusalOf(message) }
        : { reading: message.reading, takenMs, failure: null };
    } finally {
      link.dispose();
    }
  }

  private readonly _connect: Connect;
  private readonly _reads = new Map<string, ISingleRead>();
  private readonly _asking = new Set<string>();
}

const NOTHING = { reading: null };

function refusalOf({ reason }: IAgentMessage): Sentence | 'no-answer' {
  return reason === null ? 'no-answer' : untranslated(reason);
}
