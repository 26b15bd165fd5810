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
  /** For what it describes. */
  readonly id?: string;
}

/** Why something can't be planned for. */
export function Problem(props: IProblemProps): React.JSX.Element | null {
  const { problem, id } = props;
  return problem === null ? null : (
    <p className="jp-VramPlan-problem" id={id} role="alert">
      {problem}
    </p>
  );
}
