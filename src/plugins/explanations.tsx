import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { IRemedy } from '../core/oom';
import type { Failures, IFailure } from '../model/oomerrors';
import type { IActiveTarget } from '../model/tokens';
import type * as drawing from '../views/oom/explanation';
import type { Explainer } from './explainer';
import { loadExplanations } from './explainer';
import { insertCell } from './insertion';
import type { IActiveDocument, IExplanations } from './tokens';
import { CommandIDs } from './tokens';

/** What the ids of remedies begin with that release one holder. */
const RELEASE = 'release:';

type Drawing = typeof drawing;

/** Draws the explanations in the panel, once what draws them is loaded. */
export class Explanations implements IExplanations {
  constructor(private readonly _options: Explanations.IOptions) {
    _options.failures.changed.connect(this._onChanged, this);
    _options.failures.noted.connect(this._onNoted, this);
  }

  get changed(): ISignal<IExplanations, void> {
    return this._changed;
  }

  latest(target: IActiveTarget): React.JSX.Element | null {
    const { explainer, failures, trans } = this._options;
    const { monitor } = target;
    const failure = monitor && failures.latest(monitor.kernelId);
    if (!failure || !this._drawing) {
      this._load();
      return null;
    }
    // Somebody looks at it: worth one question to the kernel.
    if (!monitor.busy) {
      void Promise.resolve().then(() => explainer.complete(failure, monitor));
    }
    const { device } = failure.explanation;
    const devices = monitor.reading?.devices ?? [];
    return (
      <this._drawing.Explanation
        key={failure.timeMs}
        failure={failure}
        isNew={this._isUnseen(failure)}
        onDrawn={node => this._onExplanationDrawn(failure, node)}
        now={devices.find(({ id }) => id === device) ?? null}
        nowMs={Date.now()}
        actions={{
          run: remedy => void this._run(remedy),
          dismiss: () => failures.dismiss(monitor.kernelId)
        }}
        trans={trans}
      />
    );
  }

  pasteBox(): React.JSX.Element | null {
    if (!this._drawing) {
      this._load();
      return null;
    }
    return (
      <this._drawing.PasteBox
        onDrawn={this._onDrawn}
        actions={{
          run: remedy => void this._run(remedy),
          dismiss: () => undefined
        }}
        trans={this._options.trans}
      />
    );
  }

  /** Bring the latest explanation, or else the box for any error, into view. */
  reveal(): void {
    this._isRevealed = true;
    this._changed.emit();
  }

  private _load(): void {
    this._loading ??= loadExplanations().then(loaded => {
      this._drawing = loaded;
      this._changed.emit();
    });
  }

  /** Do what a remedy's button says. */
  private async _run(remedy: IRemedy): Promise<void> {
    const { commands } = this._options;
    switch (remedy.act) {
      case 'clear':
        await commands.execute(CommandIDs.clear);
        return;
      case 'restart':
        await commands.execute(CommandIDs.clear, { how: 'restart' });
        return;
      case 'release-tracebacks':
        await commands.execute(CommandIDs.release, {
          groups: ['tracebacks']
        });
        return;
      case null:
        if (remedy.id.startsWith(RELEASE)) {
          const names = [remedy.id.slice(RELEASE.length)];
          await commands.execute(CommandIDs.release, { names });
        } else {
          this._insert(remedy.code ?? '');
        }
    }
  }

  private _insert(code: string): void {
    const { active, trans } = this._options;
    const widget = active.current;
    if (!widget || !insertCell(widget, code)) {
      Notification.warning(
        trans.__('No cell can be inserted: no notebook is open for writing.'),
        { autoClose: 5000 }
      );
    }
  }

  /** Whatever is drawn first is what was asked for: the explanation, if there is one. */
  private readonly _onDrawn = (node: HTMLElement): void => {
    if (this._isRevealed) {
      this._isRevealed = false;
      node.scrollIntoView({ block: 'nearest' });
    }
  };

  /** What is new comes into view by itself, once, where a person may have scrolled it away. */
  private _onExplanationDrawn(failure: IFailure, node: HTMLElement): void {
    if (this._isUnseen(failure)) {
      this._unseen.delete(failure.kernelId);
      this._isRevealed = true;
    }
    this._onDrawn(node);
  }

  private _isUnseen({ kernelId, timeMs }: IFailure): boolean {
    return this._unseen.get(kernelId) === timeMs;
  }

  private _onNoted(_: Failures, { kernelId, timeMs }: IFailure): void {
    this._unseen.set(kernelId, timeMs);
  }

  private _onChanged(): void {
    this._changed.emit();
  }

  private _drawing: Drawing | null = null;
  private _isRevealed = false;
  /** By kernel, the time of a failure that no panel has shown yet. */
  private readonly _unseen = new Map<string, number>();
  private _loading: Promise<void> | null = null;
  private readonly _changed = new Signal<IExplanations, void>(this);
}

/** A namespace for `Explanations` statics. */
export namespace Explanations {
  /** What the explanations are made from. */
  export interface IOptions {
    readonly failures: Failures;
    readonly explainer: Explainer;
    readonly active: IActiveDocument;
    readonly commands: CommandRegistry;
    readonly trans: TranslationBundle;
  }
}
