import * as React from 'react';

/** Properties of `Labelled`. */
export interface ILabelledProps {
  readonly label: string;
  /** Draws the control, which must have this id. */
  readonly children: (id: string) => React.ReactNode;
}

/** A control with its label in front of it. */
export function Labelled(props: ILabelledProps): React.JSX.Element {
  const id = React.useId();
  return (
    <div className="jp-VramPlan-field">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </div>
  );
}

/** Properties of `Problem`. */
export interface IProblemProps {
  /** One sentence; null for none. */
  readonly problem: string | null;
}

/** Why something can't be planned for. */
export function Problem({ problem }: IProblemProps): React.JSX.Element | null {
  return problem === null ? null : (
    <p className="jp-VramPlan-problem" role="alert">
      {problem}
    </p>
  );
}
