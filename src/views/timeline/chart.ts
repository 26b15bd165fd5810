import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import uPlot from 'uplot';

import { Gestures } from './gestures';
import { HoverBox, hoverRows } from './hover';
import { drawMarks, markNear } from './marks';
import { readPaint } from './paint';
import { HEIGHT_PX, plotOptions, topOf } from './plot';
import {
  chartUnit,
  columnsOf,
  historyOf,
  sampleAt,
  type ITimeline
} from './series';
import { followSpan, panSpan, zoomSpan, type ISpan } from './span';

const MARK_REACH_PX = 6;

/**
 * Draws one device's history into an element, and lets a person look around in it.
 *
 * It follows the latest reading until it is zoomed or panned. Themes are
 * noticed by the attributes that JupyterLab sets on the body.
 */
export class Chart implements IDisposable {
  /**
   * @param host - An empty element; takes the focus and the keys.
   * @param followChanged - Called when following begins or ends.
   */
  constructor(
    host: HTMLElement,
    trans: TranslationBundle,
    followChanged: (following: boolean) => void
  ) {
    this._host = host;
    this._trans = trans;
    this._followChanged = followChanged;
    this._resized = new ResizeObserver(() => this._draw());
    this._resized.observe(host);
    this._rethemed = new MutationObserver(() => this._rebuild());
    this._rethemed.observe(document.body, {
      attributeFilter: ['data-jp-theme-light', 'data-jp-theme-name']
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** What is shown; null before there is data. */
  get span(): ISpan | null {
    const history = this._history;
    return this._span ?? (history && followSpan(history));
  }

  /** Draw `timeline`, unless it is what is drawn already. */
  update(timeline: ITimeline): void {
    const signature = signatureOf(timeline);
    if (signature !== this._signature) {
      this._signature = signature;
      this._timeline = timeline;
      this._draw();
    }
  }

  /** Follow the latest reading again. */
  follow(): void {
    this._look(null);
  }

  /** Make the shown span `factor` times as long around `place`, from 0 to 1. */
  zoom(factor: number, place: number): void {
    const { span, _history: history } = this;
    if (span && history) {
      const atMs = span.startMs + place * (span.endMs - span.startMs);
      this._look(zoomSpan(span, factor, atMs, history));
    }
  }

  /** Move by `share` of the shown span; negative is back in time. */
  pan(share: number): void {
    const { span, _history: history } = this;
    if (span && history) {
      const byMs = share * (span.endMs - span.startMs);
      this._look(panSpan(span, byMs, history));
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._resized.disconnect();
      this._rethemed.disconnect();
      this._destroyPlot();
    }
  }

  private get _history(): ISpan | null {
    return historyOf(this._timeline);
  }

  private _look(span: ISpan | null): void {
    const changed = (this._span === null) !== (span === null);
    this._span = span;
    this._draw();
    if (changed) {
      this._followChanged(span === null);
    }
  }

  private _draw(): void {
    const width = this._host.clientWidth;
    const span = this.span;
    if (this._isDisposed || width === 0 || span === null) {
      return;
    }
    const plot = this._plot ?? this._build(width);
    if (plot.width !== width) {
      plot.setSize({ width, height: HEIGHT_PX });
    }
    const unit = chartUnit(this._timeline.samples);
    const columns = columnsOf(this._timeline, span, unit);
    this._top = topOf(columns[1]);
    plot.batch(() => {
      plot.setData(columns, false);
      plot.setScale('x', {
        min: span.startMs / 1000,
        max: span.endMs / 1000
      });
    });
  }

  private _rebuild(): void {
    this._destroyPlot();
    this._draw();
  }

  private _destroyPlot(): void {
    this._gestures?.dispose();
    this._gestures = null;
    this._plot?.destroy();
    this._plot = null;
  }

  private _build(widthPx: number): uPlot {
    const paint = readPaint(this._host);
    const hover = new HoverBox();
    const options = plotOptions({
      widthPx,
      paint,
      top: () => this._top,
      drawn: plot => drawMarks(plot, this._timeline.marks, paint),
      pointed: plot => this._point(plot, hover)
    });
    const plot = new uPlot(options, [[], [], []], this._host);
    plot.over.append(hover.node);
    this._gestures = new Gestures(this._host, plot.over, this);
    this._plot = plot;
    return plot;
  }

  private _point(plot: uPlot, hover: HoverBox): void {
    const left = plot.cursor.left ?? -1;
    if (left < 0) {
      return hover.hide();
    }
    const timeMs = plot.posToVal(left, 'x') * 1000;
    const { samples, marks, endMs } = this._timeline;
    const mark = markNear(plot, marks, left, MARK_REACH_PX);
    const sample = timeMs > endMs ? null : sampleAt(samples, timeMs);
    if (sample === null && mark === null) {
      return hover.hide();
    }
    hover.show(
      hoverRows(timeMs, sample, mark, this._trans),
      left,
      plot.over.clientWidth
    );
  }

  private readonly _host: HTMLElement;
  private readonly _trans: TranslationBundle;
  private readonly _followChanged: (following: boolean) => void;
  private readonly _resized: ResizeObserver;
  private readonly _rethemed: MutationObserver;
  private _plot: uPlot | null = null;
  private _gestures: Gestures | null = null;
  private _timeline: ITimeline = { samples: [], marks: [], endMs: 0 };
  private _signature = '';
  private _span: ISpan | null = null;
  private _top = 1;
  private _isDisposed = false;
}

/** Equal for timelines that look the same, as histories only grow and age. */
function signatureOf(timeline: ITimeline): string {
  const { samples, marks, endMs } = timeline;
  return [
    samples.length,
    samples[0]?.timeMs,
    samples[samples.length - 1]?.timeMs,
    marks.length,
    marks[marks.length - 1]?.timeMs,
    endMs
  ].join();
}
