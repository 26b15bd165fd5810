import type { IDisposable } from '@lumino/disposable';

/** What a person can get to by Tab. */
const FOCUSABLE =
  'button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex="0"]';

/** One step from what has the focus up to the node that is watched. */
interface IStep {
  readonly node: Element;
  /** Its place among its siblings. */
  readonly place: number;
}

/**
 * Keeps the focus where it was when what had it is gone: a button often takes
 * itself away, and the focus would fall to the page.
 */
export class FocusKeeper implements IDisposable {
  constructor(private readonly _node: HTMLElement) {
    _node.addEventListener('focusin', this._onFocusIn);
    _node.addEventListener('focusout', this._onFocusOut);
    this._observer.observe(_node, { childList: true, subtree: true });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._observer.disconnect();
    this._node.removeEventListener('focusin', this._onFocusIn);
    this._node.removeEventListener('focusout', this._onFocusOut);
    this._way = [];
  }

  private readonly _onFocusIn = (event: FocusEvent): void => {
    this._way = [];
    let node = event.target instanceof Element ? event.target : null;
    while (node && node !== this._node) {
      const parent: Element | null = node.parentElement;
      const place = parent ? [...parent.children].indexOf(node) : 0;
      this._way.push({ node, place });
      node = parent;
    }
  };

  private readonly _onFocusOut = (): void => {
    const [left] = this._way;
    // Whatever is taken away loses the focus, too: only later can one tell.
    queueMicrotask(() => {
      if (left?.node.isConnected && left === this._way[0]) {
        this._way = [];
      }
    });
  };

  private _onRemoved(): void {
    const [left] = this._way;
    if (!left || left.node.isConnected) {
      return;
    }
    const way = this._way;
    this._way = [];
    if (document.activeElement === document.body) {
      nearest(way, this._node)?.focus();
    }
  }

  /** From what has the focus upwards; empty when nothing in the node has it. */
  private _way: IStep[] = [];
  private _isDisposed = false;
  private readonly _observer = new MutationObserver(() => this._onRemoved());
}

/** What can have the focus and stands nearest to where `way` ended; what follows comes first. */
function nearest(way: readonly IStep[], root: Element): HTMLElement | null {
  const lost = way.filter(({ node }) => !node.isConnected).length - 1;
  for (let level = Math.max(0, lost); level < way.length; level++) {
    const parent = way[level + 1]?.node ?? root;
    const place = way[level]?.place ?? 0;
    const children = [...parent.children];
    const inOrder = [
      ...children.slice(place),
      ...children.slice(0, place).reverse()
    ];
    for (const child of inOrder) {
      const found = child.matches(FOCUSABLE)
        ? child
        : child.querySelector(FOCUSABLE);
      if (found instanceof HTMLElement) {
        return found;
      }
    }
  }
  return null;
}
