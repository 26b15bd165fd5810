import type { ITranslate } from '../../text/translation';
import type { Cause, Confidence, IOomFacts } from '../match/facts';

/** What holds memory in the kernel, as the agent names it. */
export interface IOomHolder {
  readonly name: string;
  /** Such as `variable`, `output`, `traceback`. */
  readonly kind: string;
  /** Bytes that are free once this is released. */
  readonly bytes: number;
  /** A line of Python that releases it; null where there is none. */
  readonly release: string | null;
  /** The bytes of each device; left out, it is not known which device has them. */
  readonly devices?: readonly { readonly id: string; readonly bytes: number }[];
}

/** What a button does for a remedy, where it is not a cell that is inserted. */
export type RemedyAct = 'clear' | 'release-tracebacks' | 'restart';

/** One thing to do. */
export interface IRemedy {
  /** Stable, such as `expandable-segments`. */
  readonly id: string;
  /** One sentence; backticks mark code. */
  readonly text: string;
  /** A few words for the button. */
  readonly label: string;
  /** What the button does; null: it inserts `code`. */
  readonly act: RemedyAct | null;
  /** The cell to insert; null where `act` does it without one. */
  readonly code: string | null;
}

/** An out-of-memory error, explained. */
export interface IOutOfMemory extends IOomFacts {
  readonly cause: Cause;
  readonly confidence: Confidence;
  /** Whether PyTorch itself failed: its figures explain no error of another library. */
  readonly isTorchs: boolean;
  /** Whether PyTorch had already given back every block that was wholly unused. */
  readonly hasTorchGivenBack: boolean;
  /** One sentence: the cause. Backticks mark code. */
  readonly sentence: string;
  /** The figures of the message in a line; empty where it has none. */
  readonly evidence: string;
  /** What to do, the least effort first. */
  readonly remedies: readonly IRemedy[];
}

/** What helps to explain, beside the text and a reading. */
export interface IOomContext {
  readonly trans?: ITranslate;
  /** What holds memory in the kernel now, biggest first. */
  readonly holders?: readonly IOomHolder[];
  /** The allocator's settings in the kernel, such as `expandable_segments:True`. */
  readonly allocatorSettings?: string | null;
  /** Whether the error was raised in the kernel of the reading, and lately. */
  readonly isLive?: boolean;
  /** Whether the reading is of then, and what it says may be over. */
  readonly isPast?: boolean;
}
