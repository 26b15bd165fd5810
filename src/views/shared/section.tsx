import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { FoldsContext } from './folds';

/** Properties of `Section`. */
export interface ISectionProps {
  /** Names the section where it is remembered whether it is open. */
  readonly id: string;
  readonly title: string;
  /** Short figures at the right end of the heading. */
  readonly note?: React.ReactNode;
  /** Drawn at the right end of the heading, outside its button. */
  readonly tools?: React.ReactNode;
  readonly startOpen?: boolean;
  readonly children: React.ReactNode;
}

/** A part of the panel that folds away, with JupyterLab's carets. */
export function Section(props: ISectionProps): React.JSX.Element {
  const folds = React.useContext(FoldsContext);
  const [chosen, choose] = React.useState<boolean | null>(null);
  const open = folds.isOpen(props.id) ?? chosen ?? props.startOpen ?? true;
  const bodyId = React.useId();
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <section className="jp-VramPanel-section">
      <h3 className="jp-VramPanel-heading">
        <button
          type="button"
          className="jp-VramPanel-fold"
          aria-expanded={open}
          aria-controls={bodyId}
          onClick={() => {
            choose(!open);
            folds.set(props.id, !open);
          }}
        >
          <Caret.react tag="span" className="jp-VramPanel-caret" />
          <span className="jp-VramPanel-headingText">{props.title}</span>
          {props.note !== undefined && (
            <span className="jp-VramPanel-note">{props.note}</span>
          )}
        </button>
        {open && props.tools}
      </h3>
      <div id={bodyId} hidden={!open} className="jp-VramPanel-body">
        {open && props.children}
      </div>
    </section>
  );
}
