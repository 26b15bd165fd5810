import * as React from 'react';

/** Which sections of the panel a person folded or unfolded. */
export interface IFolds {
  /** Null where a person has not said. */
  isOpen(sectionId: string): boolean | null;
  set(sectionId: string, isOpen: boolean): void;
}

/** Where sections keep whether they are open; by itself it remembers nothing. */
export const FoldsContext = React.createContext<IFolds>({
  isOpen: () => null,
  set: () => undefined
});

/** Properties of `Remembered`. */
export interface IRememberedProps {
  /** Left out, nothing is remembered. */
  readonly folds?: IFolds;
  readonly children: React.ReactNode;
}

/** Has the sections in it keep whether they are open in `folds`. */
export function Remembered(props: IRememberedProps): React.JSX.Element {
  const { folds, children } = props;
  return folds ? (
    <FoldsContext.Provider value={folds}>{children}</FoldsContext.Provider>
  ) : (
    <>{children}</>
  );
}
