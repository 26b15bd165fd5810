/**
 * How GPU memory is cleared.
 *
 * - `insert-and-run`: insert a cell below the active one and run it
 * - `quietly`: ask the agent, without a cell
 * - `insert-only`: insert the cell, don't run it
 * - `restart`: restart the kernel, which loses its variables
 */
export type ClearHow = 'insert-and-run' | 'quietly' | 'insert-only' | 'restart';

/** What a person can ask of the panel; the views only pass it on. */
export interface IPanelActions {
  /** Clear the shown kernel's GPU memory; how is left to the settings if left out. */
  clear(how?: ClearHow): void;
  /** Find out who holds the shown kernel's memory. */
  findHolders(): void;
  /** Release holders, by name, after a confirmation. */
  release(names: readonly string[]): void;
  /** Release all that the notebook itself holds, after a confirmation. */
  releaseAll(): void;
  /** Insert the snippet with this id into the active notebook or console. */
  insertSnippet(id: string): void;
  /** Insert a cell with this code into the active notebook or console. */
  insertCode(code: string): void;
  /** Let torch on the CPU stand in for a GPU in the shown kernel. */
  usePractice(): void;
  /** Attach the agent again after it failed. */
  retry(): void;
  /** Whether this page has settings to open: a notebook's page in Notebook 7 has none. */
  hasSettings(): boolean;
  /** Open this extension's settings. */
  openSettings(): void;
}

/** A cell that can be inserted. */
export interface ISnippetItem {
  readonly id: string;
  /** What the person reads, translated. */
  readonly label: string;
  /** What it is for, in one translated sentence; empty when the label says it all. */
  readonly caption: string;
}
