import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { ISignal } from '@lumino/signaling';

import type { IActiveTarget } from '../../model/tokens';
import type { IPanelActions, ISnippetItem } from '../shared/actions';
import { Content } from './content';
import type { IServerSectionOptions } from '../processes/serversection';
import { ServerSection } from '../processes/serversection';
import { FocusKeeper } from '../shared/focus';
import { type IFolds, Remembered } from '../shared/folds';
import { Follower, type ITargetSource } from '../shared/follower';
import { vramIcon } from '../shared/icons';
import { Notice } from '../shared/notice';
import { Plan } from '../plan/plan';
import type { IActiveDevices } from '../processes/processrow';
import { Snippets } from './snippets';
import { stateWords } from '../shared/freshness';
import { noticeFor } from '../shared/states';

/** Draws what is known of out-of-memory errors. */
export interface IPanelExplanations {
  readonly changed: ISignal<unknown, void>;
  latest(target: IActiveTarget): React.JSX.Element | null;
  pasteBox(): React.JSX.Element | null;
}

/** What a panel is made of. */
export interface IPanelOptions {
  readonly source: ITargetSource;
  readonly actions: IPanelActions;
  readonly snippets: readonly ISnippetItem[];
  readonly explanations?: IPanelExplanations | null;
  /** Every notebook and process; left out, there is no such section. */
  readonly serverSection?: IServerSectionOptions;
  /** Remembers which sections are folded. */
  readonly folds?: IFolds & { readonly changed: ISignal<unknown, void> };
  readonly translator?: ITranslator;
}

/** A silent kernel must be known for one within 2 s. */
const BUSY_TICK_MS = 200;
const IDLE_TICK_MS = 5000;
/** Cells that end one right after another need not be drawn each. */
const LEAST_DRAW_MS = 200;

/**
 * The side panel: draws the active kernel's monitor.
 *
 * It draws only while it is visible: after changes, and now and then as time
 * passes, so that ages and the end of the timeline are right.
 */
export class VramPanel extends Follower {
  constructor(options: IPanelOptions) {
    super(options.source, options.translator);
    this._options = options;
    const name = this.trans.__('GPU memory');
    this.id = 'jupyterlab-vram-panel';
    this.addClass('jp-VramPanel');
    this.title.icon = vramIcon;
    this.title.caption = name;
    this._focusKeeper = new FocusKeeper(this.node);
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', name);
    options.explanations?.changed.connect(this.refresh, this);
    options.serverSection?.serverKernels.changed.connect(this.refresh, this);
    options.folds?.changed.connect(this.refresh, this);
  }

  override dispose(): void {
    window.clearTimeout(this._tick);
    this._focusKeeper.dispose();
    this._options.explanations?.changed.disconnect(this.refresh, this);
    this._options.serverSection?.serverKernels.changed.disconnect(
      this.refresh,
      this
    );
    this._options.folds?.changed.disconnect(this.refresh, this);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.refresh();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.refresh();
  }

  protected override onBeforeDetach(message: Message): void {
    window.clearTimeout(this._tick);
    super.onBeforeDetach(message);
  }

  protected override onBeforeHide(message: Message): void {
    window.clearTimeout(this._tick);
    super.onBeforeHide(message);
  }

  protected override onUpdateRequest(message: Message): void {
    // What is being pressed must not move away: a click would miss it.
    if (this.node.matches(':active')) {
      window.clearTimeout(this._tick);
      this._refreshIn(LEAST_DRAW_MS);
    } else {
      super.onUpdateRequest(message);
    }
  }

  protected override refresh(): void {
    window.clearTimeout(this._tick);
    if (!this.isVisible) {
      return;
    }
    const agoMs = Date.now() - this._drawnMs;
    if (agoMs >= 0 && agoMs < LEAST_DRAW_MS) {
      this._refreshIn(LEAST_DRAW_MS - agoMs);
      return;
    }
    if (!document.hidden) {
      this._drawnMs = Date.now();
      this.update();
    }
    const { monitor } = this.source.target;
    const serverKernels = this._options.serverSection?.serverKernels;
    const isBusy =
      monitor?.busy === true ||
      serverKernels?.kernels.some(kernel => kernel.monitor?.busy) === true;
    if (monitor !== null || serverKernels !== undefined) {
      this._refreshIn(isBusy ? BUSY_TICK_MS : IDLE_TICK_MS);
    }
  }

  protected override render(): React.JSX.Element {
    const { trans } = this;
    const { actions, explanations, serverSection, snippets } = this._options;
    const { target } = this.source;
    const { monitor } = target;
    const nowMs = Date.now();
    const notice = noticeFor(target, trans);
    const reading = monitor?.reading ?? null;
    const hasFigures = notice === null || notice.keepFigures;
    const isPython = monitor?.status !== 'not-python';
    return (
      <Remembered folds={this._options.folds}>
        <Header {...{ target, nowMs, actions, trans }} />
        {notice && <Notice notice={notice} actions={actions} trans={trans} />}
        <div role="status">{explanations?.latest(target)}</div>
        {hasFigures && monitor && reading && (
          <Content
            key={monitor.kernelId}
            {...{ monitor, reading, nowMs, actions, trans }}
          />
        )}
        {serverSection && (
          <ServerSection
            options={serverSection}
            active={activeDevices(target)}
            {...{ nowMs, trans }}
          />
        )}
        <Plan
          {...{ monitor, actions, trans }}
          hasDocument={target.hasDocument && isPython}
        />
        {monitor && isPython && <Snippets {...{ snippets, actions, trans }} />}
        {explanations?.pasteBox()}
      </Remembered>
    );
  }

  private _refreshIn(ms: number): void {
    this._tick = window.setTimeout(() => this.refresh(), ms);
  }

  private readonly _options: IPanelOptions;
  private readonly _focusKeeper: FocusKeeper;
  private _tick = 0;
  private _drawnMs = 0;
}

function activeDevices({
  monitor,
  title
}: IActiveTarget): IActiveDevices | null {
  return monitor?.reading ? { title, devices: monitor.reading.devices } : null;
}

interface IHeaderProps {
  readonly target: IActiveTarget;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
  readonly actions: Pick<IPanelActions, 'hasSettings' | 'openSettings'>;
}

/** The document's name, its kernel's state, and the way to the settings. */
function Header(props: IHeaderProps): React.JSX.Element {
  const { target, nowMs, actions, trans } = props;
  const state = target.monitor && stateWords(target.monitor, nowMs, trans);
  return (
    <div className="jp-VramPanel-header">
      <h2 className="jp-VramPanel-title" title={target.title}>
        {target.title || trans.__('GPU memory')}
      </h2>
      {state && (
        <span className="jp-VramPanel-state" data-tone={state.tone}>
          <span className="jp-VramPanel-dot" aria-hidden="true" />
          {state.words}
        </span>
      )}
      {actions.hasSettings() && (
        <button
          type="button"
          className="jp-VramPanel-iconButton"
          title={trans.__('GPU memory settings')}
          aria-label={trans.__('GPU memory settings')}
          onClick={() => actions.openSettings()}
        >
          <settingsIcon.react tag="span" />
        </button>
      )}
    </div>
  );
}
