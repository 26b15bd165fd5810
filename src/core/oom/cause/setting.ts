/** What is known of the failed process beside the figures. */
export interface ISetting {
  /** The allocator's settings that are on, in lower case; empty where none is known. */
  readonly applied: string;
  /** The variable that sets them, by the message's own words. */
  readonly variable: string;
  /** Whether it ran on Windows, where segments can't be expandable. */
  readonly isWindows: boolean;
  readonly isLive: boolean;
  /** The longest context that an engine said would fit; null where it said none. */
  readonly fittingTokens: string | null;
}
