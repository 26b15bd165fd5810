import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownEmptyThinIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IMonitor } from '../../model/tokens';
import type { ClearHow, IPanelActions } from '../shared/actions';
import { ClearMenu } from './menu';
import { pressed } from '../shared/press';
import { refusal } from './refusal';

/** Properties of `ClearButton`. */
export interface IClearButtonProps {
  readonly monitor: IMonitor;
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
}

/**
 * The button that clears GPU memory, and the menu of other ways.
 *
 * A refused button stays focusable, so that its reason can be read out. What
 * is drawn may be a moment old: a press asks anew.
 */
export function ClearButton(props: IClearButtonProps): React.JSX.Element {
  const { monitor, actions, trans } = props;
  const reasonId = React.useId();
  const reason = refusal(monitor, trans);
  const refused = reason !== null;
  return (
    <div className="jp-VramPanel-clear">
      <div className="jp-VramPanel-split">
        <button
          type="button"
          className="jp-VramPanel-primary"
          aria-disabled={refused}
          aria-describedby={refused ? reasonId : undefined}
          onClick={pressed(() => {
            if (refusal(monitor, trans) === null) {
              actions.clear();
            }
          })}
        >
          {trans.__('Clear GPU memory')}
        </button>
        <MoreButton {...props} />
      </div>
      {refused && (
        <p id={reasonId} className="jp-VramPanel-reason">
          {reason}
        </p>
      )}
    </div>
  );
}

function MoreButton(props: IClearButtonProps): React.JSX.Element {
  const { trans } = props;
  const button = React.useRef<HTMLButtonElement>(null);
  const [open, setOpen] = React.useState(false);
  const closed = React.useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  const menu = useClearMenu(props, closed);
  const show = (): void => {
    const split = button.current?.parentElement;
    if (split) {
      setOpen(true);
      menu.current?.open(split);
    }
  };
  return (
    <button
      ref={button}
      type="button"
      className="jp-VramPanel-primary jp-VramPanel-more"
      aria-haspopup="menu"
      aria-expanded={open}
      aria-label={trans.__('Other ways to clear GPU memory')}
      title={trans.__('Other ways to clear GPU memory')}
      onClick={show}
    >
      <caretDownEmptyThinIcon.react tag="span" />
    </button>
  );
}

/** A menu that lives as long as its button and acts on the latest `props`. */
function useClearMenu(
  props: IClearButtonProps,
  closed: () => void
): React.RefObject<ClearMenu | null> {
  const { monitor, trans } = props;
  const refused = refusal(monitor, trans) !== null;
  const latest = React.useRef(props);
  latest.current = props;
  const menu = React.useRef<ClearMenu | null>(null);
  React.useLayoutEffect(() => {
    const created = new ClearMenu(
      trans,
      how => latest.current.actions.clear(how),
      how =>
        worksWhileRefused(how) ||
        refusal(latest.current.monitor, trans) === null,
      closed
    );
    menu.current = created;
    return () => created.dispose();
  }, [trans, closed]);
  React.useEffect(() => menu.current?.refresh(), [refused]);
  return menu;
}

/** Inserting runs nothing, and a restart is the way out of a stuck cell. */
function worksWhileRefused(how: ClearHow): boolean {
  return how === 'insert-only' || how === 'restart';
}
