import type { ILinearCost } from '../formats/formats';
import type { IBlock, TorchAllocator } from './allocator';

/** A live tensor; null for one of no size. */
export type Tensor = IBlock | null;

/**
 * The allocations of a forward pass, in order: tensors come to life and die as
 * Python's references to them do.
 */
export class AllocationTrace {
  constructor(
    readonly allocator: TorchAllocator,
    /** Tokens of all sequences together. */
    readonly tokens: number,
    readonly sequences: number,
    /** Bytes of an activation's element. */
    readonly elementBytes: number,
    private readonly _cost: ILinearCost
  ) {}

  /** Tokens of one sequence. */
  get length(): number {
    return this.tokens / this.sequences;
  }

  /** A tensor of `width` elements for each token. */
  make(width: number, elementBytes = this.elementBytes): Tensor {
    return this.allocator.allocate(this.tokens * width * elementBytes);
  }

  /** A tensor of `bytes`. */
  makeBytes(bytes: number): Tensor {
    return this.allocator.allocate(bytes);
  }

  /** The output of a linear layer with `rows` outputs and `columns` inputs. */
  linear(rows: number, columns: number): Tensor {
    const sizes = this._cost.scratch(rows, columns, this.tokens);
    if (sizes.length === 0) {
      return this.make(rows);
    }
    const scratch = sizes.map(bytes => this.makeBytes(bytes));
    const out = this.make(rows);
    this.free(...scratch);
    return out;
  }

  /** The last references to `tensors` end. */
  free(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      this.allocator.free(tensor);
    }
  }

  /** As the end of a layer whose outputs, `scores` among them, live until the next one ends. */
  holdOver(scores: Tensor): void {
    this.free(this._heldOver);
    this._heldOver = scores;
  }

  /** What keeps the keys and values until the end. */
  keep(...tensors: readonly Tensor[]): void {
    this.kept.push(...tensors);
  }

  readonly kept: Tensor[] = [];
  private _heldOver: Tensor = null;
}
