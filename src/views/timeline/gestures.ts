import type { IDisposable } from '@lumino/disposable';

/** What a person can do to the chart. Shares are of the shown span. */
export interface IGestureTarget {
  /** Make the span `factor` times as long around `place`, 0 at its start, 1 at its end. */
  zoom(factor: number, place: number): void;
  /** Move by `share` of the span; negative is back in time. */
  pan(share: number): void;
  /** Follow the latest reading again. */
  follow(): void;
}

const STEP = 1.25;
const PAN_SHARE = 0.15;

/**
 * Wheel, drag, double click and keys on one chart.
 *
 * A wheel without Ctrl or ⌘ zooms only while the chart has the focus, so that
 * scrolling the panel does not stop at the chart.
 */
export class Gestures implements IDisposable {
  /**
   * @param host - Takes the focus and the keys.
   * @param plot - The plotting area; takes the pointer.
   */
  constructor(host: HTMLElement, plot: HTMLElement, target: IGestureTarget) {
    this._host = host;
    this._plot = plot;
    this._target = target;
    host.addEventListener('keydown', this);
    for (const type of POINTER_EVENTS) {
      plot.addEventListener(type, this, { passive: false });
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._host.removeEventListener('keydown', this);
    for (const type of POINTER_EVENTS) {
      this._plot.removeEventListener(type, this);
    }
  }

  /** The DOM's way in; not for callers. */
  handleEvent(event: Event): void {
    switch (event.type) {
      case 'wheel':
        return this._onWheel(event as WheelEvent);
      case 'pointerdown':
        return this._onPointerDown(event as PointerEvent);
      case 'pointermove':
        return this._onPointerMove(event as PointerEvent);
      case 'pointerup':
      case 'pointercancel':
        return this._onPointerUp(event as PointerEvent);
      case 'dblclick':
        return this._target.follow();
      case 'keydown':
        return this._onKeyDown(event as KeyboardEvent);
    }
  }

  private _onWheel(event: WheelEvent): void {
    const meant = event.ctrlKey || event.metaKey || this._focused;
    if (!meant || event.deltaY === 0) {
      return;
    }
    event.preventDefault();
    const box = this._plot.getBoundingClientRect();
    const place = (event.clientX - box.left) / (box.width || 1);
    this._target.zoom(event.deltaY > 0 ? STEP : 1 / STEP, place);
  }

  private _onPointerDown(event: PointerEvent): void {
    if (event.button === 0) {
      this._lastX = event.clientX;
      this._plot.setPointerCapture(event.pointerId);
      this._host.focus({ preventScroll: true });
    }
  }

  private _onPointerMove(event: PointerEvent): void {
    if (this._lastX !== null && event.clientX !== this._lastX) {
      const width = this._plot.getBoundingClientRect().width || 1;
      this._target.pan((this._lastX - event.clientX) / width);
      this._lastX = event.clientX;
    }
  }

  private _onPointerUp(event: PointerEvent): void {
    this._lastX = null;
    if (this._plot.hasPointerCapture(event.pointerId)) {
      this._plot.releasePointerCapture(event.pointerId);
    }
  }

  private _onKeyDown(event: KeyboardEvent): void {
    const act = event.altKey || event.ctrlKey ? undefined : KEYS[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act(this._target);
    }
  }

  private get _focused(): boolean {
    return this._host.contains(document.activeElement);
  }

  private readonly _host: HTMLElement;
  private readonly _plot: HTMLElement;
  private readonly _target: IGestureTarget;
  private _lastX: number | null = null;
  private _isDisposed = false;
}

const POINTER_EVENTS = [
  'wheel',
  'pointerdown',
  'pointermove',
  'pointerup',
  'pointercancel',
  'dblclick'
] as const;

const KEYS: { readonly [key: string]: (target: IGestureTarget) => void } = {
  ArrowLeft: target => target.pan(-PAN_SHARE),
  ArrowRight: target => target.pan(PAN_SHARE),
  '+': target => target.zoom(1 / STEP, 0.5),
  '=': target => target.zoom(1 / STEP, 0.5),
  '-': target => target.zoom(STEP, 0.5),
  Escape: target => target.follow(),
  Home: target => target.follow()
};
