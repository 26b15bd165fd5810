import {
  nullTranslator,
  type ITranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { deviceNameOf } from '../../core/text/devicename';
import type { ICellRecord, IDeviceReading } from '../../core/wire/generated';
import { formatBytes, formatDelta } from '../../core/text/units';
import {
  mainStatistics,
  type ICellStatistics
} from '../timeline/cellstatistics';

/**
 * A chip at the bottom right of one cell's input area: what its latest run
 * changed, and its peak.
 *
 * Attach it to the node of the cell's input area. It lies over the area, so
 * the cell's height stays as it is. Without a record it is hidden.
 */
export class CellBadge extends Widget {
  constructor(translator?: ITranslator) {
    super();
    this._trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    this.addClass('jp-VramBadge');
    this.setRecord(null);
  }

  /**
   * Show a run, or nothing when it is null or touched no device.
   *
   * @param devices - the kernel's devices, for their names
   */
  setRecord(
    record: ICellRecord | null,
    devices: readonly IDeviceReading[] = []
  ): void {
    const figures = record && mainStatistics(record);
    this.setHidden(figures === null);
    this.node.textContent = figures && this._text(figures);
    this.node.title = figures ? this._tooltip(figures, devices) : '';
    this.node.dataset.change = String(figures ? tone(figures) : 0);
    this._makeWay();
  }

  override dispose(): void {
    this._cellChanged.disconnect();
    this._toolbarResized.disconnect();
    if (!this.node.isConnected) {
      // Its cell is gone from the page, and the badge with it.
      this.clearFlag(Widget.Flag.IsAttached);
    }
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // The toolbar comes and goes with the active cell: in its input area, or
    // beside that in earlier versions of JupyterLab.
    const cell = this.node.closest('.jp-Cell');
    for (const place of [cell, this.node.parentElement]) {
      if (place) {
        this._cellChanged.observe(place, {
          childList: true,
          attributeFilter: ['class']
        });
      }
    }
    this._makeWay();
  }

  protected override onBeforeDetach(message: Message): void {
    this._cellChanged.disconnect();
    this._toolbarResized.disconnect();
    super.onBeforeDetach(message);
  }

  /** Stand beside the cell's toolbar where that would lie over the badge. */
  private _makeWay(): void {
    const { node } = this;
    const toolbar = node.closest('.jp-Cell')?.querySelector('.jp-cell-toolbar');
    this._toolbarResized.disconnect();
    if (toolbar) {
      this._toolbarResized.observe(toolbar);
    }
    const over = toolbar?.getBoundingClientRect();
    const area = node.parentElement?.getBoundingClientRect();
    const isOver =
      over !== undefined &&
      area !== undefined &&
      over.width > 0 &&
      over.bottom > node.getBoundingClientRect().top;
    node.style.right = isOver
      ? `${area.right - over.left + TOOLBAR_GAP_PX}px`
      : '';
  }

  private _text(figures: ICellStatistics): string {
    const parts = [
      tone(figures) === 0 ? '±0' : formatDelta(figures.changeBytes)
    ];
    if (figures.peakBytes - edgeBytes(figures) >= LEAST_CHANGE_BYTES) {
      parts.push(this._trans.__('peak %1', formatBytes(figures.peakBytes)));
    }
    if (figures.deviceId === 'practice') {
      parts.push(this._trans.__('practice'));
    }
    return parts.join(' · ');
  }

  private _tooltip(
    figures: ICellStatistics,
    devices: readonly IDeviceReading[]
  ): string {
    const trans = this._trans;
    const peak = formatBytes(figures.peakBytes);
    return [
      trans.__(
        'GPU memory of the latest run, on %1',
        deviceNameOf(figures.deviceId, devices, trans)
      ),
      trans.__('Change: %1', formatDelta(figures.changeBytes)),
      figures.peakExact
        ? trans.__('Peak: %1', peak)
        : trans.__('Peak: at least %1', peak),
      trans.__('After: %1', formatBytes(figures.stayedBytes))
    ].join('\n');
  }

  private readonly _cellChanged = new MutationObserver(() => this._makeWay());
  private readonly _toolbarResized = new ResizeObserver(() => this._makeWay());
  private readonly _trans: TranslationBundle;
}

const TOOLBAR_GAP_PX = 4;

const LEAST_CHANGE_BYTES = 2 ** 20;

/** The most allocated right before or right after the run. */
function edgeBytes(figures: ICellStatistics): number {
  return figures.stayedBytes - Math.min(0, figures.changeBytes);
}

/** 1 when memory grew, -1 when it shrank, 0 when the change is below 1 MiB. */
function tone(figures: ICellStatistics): number {
  return Math.abs(figures.changeBytes) < LEAST_CHANGE_BYTES
    ? 0
    : Math.sign(figures.changeBytes);
}
