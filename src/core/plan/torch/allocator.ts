/**
 * PyTorch's CUDA caching allocator, in arithmetic: what it says is allocated and
 * what it takes from the driver for a given order of allocations.
 *
 * The rules and the constants are those of `c10/cuda/CUDACachingAllocator.cpp`
 * with its default settings; `expandable_segments` and `roundup_power2_divisions`
 * change them.
 */

import { MIB } from '../../text/units';

/** Every block is a multiple of this (`kMinBlockSize`). */
const BLOCK_BYTES = 512;
/** Up to here a block lives in the pool of small ones (`kSmallSize`). */
const SMALL_BYTES = MIB;
/** What is taken from the driver for small blocks (`kSmallBuffer`). */
const SMALL_SEGMENT_BYTES = 2 * MIB;
/** From here on a block has a segment of its own (`kMinLargeAlloc`). */
const LARGE_BYTES = 10 * MIB;
/** What is taken from the driver below that (`kLargeBuffer`). */
const LARGE_SEGMENT_BYTES = 20 * MIB;
/** Such a segment is a multiple of this (`kRoundLarge`). */
const ROUND_LARGE_BYTES = 2 * MIB;

/** A piece of a segment. */
export interface IBlock {
  bytes: number;
  isFree: boolean;
  readonly isSmall: boolean;
  /** Where it stands among all that was ever taken. */
  readonly address: number;
  previous: IBlock | null;
  next: IBlock | null;
}

/** The allocator of one device and one stream. */
export class TorchAllocator {
  /** Bytes in live blocks: `torch.cuda.memory_allocated()`. */
  get allocatedBytes(): number {
    return this._allocatedBytes;
  }

  /** The most ever allocated: `torch.cuda.max_memory_allocated()`. */
  get peakBytes(): number {
    return this._peakBytes;
  }

  /** Bytes taken from the driver: `torch.cuda.memory_reserved()`. */
  get reservedBytes(): number {
    return this._reservedBytes;
  }

  /** As `torch.cuda.reset_peak_memory_stats()`. */
  resetPeak(): void {
    this._peakBytes = this._allocatedBytes;
  }

  /** As `torch.empty` of `bytes`; null where nothing is asked for. */
  allocate(bytes: number): IBlock | null {
    if (bytes <= 0) {
      return null;
    }
    const size = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    const isSmall = size <= SMALL_BYTES;
    const free = isSmall ? this._small : this._large;
    const place = firstOfAtLeast(free, size, 0);
    const found = free[place];
    if (found !== undefined) {
      removeAt(free, place);
    }
    const block = found ?? this._segment(segmentBytes(size), isSmall);
    this._split(block, size);
    block.isFree = false;
    this._allocatedBytes += block.bytes;
    this._peakBytes = Math.max(this._peakBytes, this._allocatedBytes);
    return block;
  }

  /** As the end of the last reference to a tensor. */
  free(block: IBlock | null): void {
    if (block === null || block.isFree) {
      return;
    }
    this._allocatedBytes -= block.bytes;
    block.isFree = true;
    let whole = block;
    const { previous, next } = block;
    if (next?.isFree) {
      this._unlist(next);
      join(whole, next);
    }
    if (previous?.isFree) {
      this._unlist(previous);
      join(previous, whole);
      whole = previous;
    }
    this._list(whole);
  }

  /** As `torch.cuda.empty_cache()`: segments without a live block go back. */
  emptyCache(): void {
    for (const pool of [this._small, this._large]) {
      const kept = pool.filter(({ previous, next }) => previous ?? next);
      const returned = pool.filter(({ previous, next }) => !(previous ?? next));
      this._reservedBytes -= returned.reduce(
        (sum, { bytes }) => sum + bytes,
        0
      );
      pool.splice(0, pool.length, ...kept);
    }
  }

  private _segment(bytes: number, isSmall: boolean): IBlock {
    const address = this._takenBytes;
    this._takenBytes += bytes;
    this._reservedBytes += bytes;
    return {
      bytes,
      isFree: true,
      isSmall,
      address,
      previous: null,
      next: null
    };
  }

  /** Cut `block` to `size`, if what remains is worth keeping apart. */
  private _split(block: IBlock, size: number): void {
    const restBytes = block.bytes - size;
    const least = block.isSmall ? BLOCK_BYTES : SMALL_BYTES + 1;
    if (restBytes < least) {
      return;
    }
    // Spelled out: spreading `block` takes most of a plan's time.
    const rest: IBlock = {
      bytes: restBytes,
      isFree: true,
      isSmall: block.isSmall,
      address: block.address + size,
      previous: block,
      next: block.next
    };
    if (rest.next) {
      rest.next.previous = rest;
    }
    block.next = rest;
    block.bytes = size;
    this._list(rest);
  }

  private _list(block: IBlock): void {
    block.isFree = true;
    const free = block.isSmall ? this._small : this._large;
    insertAt(free, firstOfAtLeast(free, block.bytes, block.address), block);
  }

  private _unlist(block: IBlock): void {
    const free = block.isSmall ? this._small : this._large;
    removeAt(free, firstOfAtLeast(free, block.bytes, block.address));
  }

  private _allocatedBytes = 0;
  private _peakBytes = 0;
  private _reservedBytes = 0;
  private _takenBytes = 0;
  /** Free blocks by size, then by address: the first that fits is the best. */
  private readonly _small: IBlock[] = [];
  private readonly _large: IBlock[] = [];
}

function segmentBytes(size: number): number {
  if (size <= SMALL_BYTES) {
    return SMALL_SEGMENT_BYTES;
  }
  return size < LARGE_BYTES
    ? LARGE_SEGMENT_BYTES
    : Math.ceil(size / ROUND_LARGE_BYTES) * ROUND_LARGE_BYTES;
}

/** Where in `blocks` the first one stands that is not before (`bytes`, `address`). */
function firstOfAtLeast(
  blocks: readonly IBlock[],
  bytes: number,
  address: number
): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const block = blocks[middle];
    const isBefore =
      block !== undefined &&
      (block.bytes < bytes ||
        (block.bytes === bytes && block.address < address));
    if (isBefore) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** As `splice`, which would make a list of what it removes each time. */
function removeAt(blocks: IBlock[], place: number): void {
  for (let next = place + 1; next < blocks.length; next++) {
    blocks[next - 1] = blocks[next] as IBlock;
  }
  blocks.pop();
}

function insertAt(blocks: IBlock[], place: number, block: IBlock): void {
  blocks.push(block);
  for (let last = blocks.length - 1; last > place; last--) {
    blocks[last] = blocks[last - 1] as IBlock;
  }
  blocks[place] = block;
}

/** Make `left` and the free block right of it one. */
function join(left: IBlock, right: IBlock): void {
  left.bytes += right.bytes;
  left.next = right.next;
  if (right.next) {
    right.next.previous = left;
  }
}
