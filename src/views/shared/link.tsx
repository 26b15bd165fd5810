import * as React from 'react';

import { pressed } from './press';

/** Properties of `Link`. */
export interface ILinkProps {
  readonly label: string;
  readonly act: () => void;
  /** What a screen reader says instead of the label. */
  readonly describes?: string;
  /** Why it can't be used now. */
  readonly refusal?: string | null;
}

/** A button in the looks of a link; a refused one stays focusable. */
export function Link(props: ILinkProps): React.JSX.Element {
  const refused = typeof props.refusal === 'string';
  return (
    <button
      type="button"
      className="jp-VramPanel-link"
      aria-label={props.describes}
      aria-disabled={refused}
      title={props.refusal ?? undefined}
      onClick={refused ? undefined : pressed(props.act)}
    >
      {props.label}
    </button>
  );
}
