/** What this folder uses of Deno; `tsc` knows no more of it. */
declare namespace Deno {
  const env: { get(name: string): string | undefined };
  const build: { readonly os: string };
  const pid: number;
  const ppid: number;
  const stdin: { isTerminal(): boolean };
  const stdout: {
    isTerminal(): boolean;
    write(data: Uint8Array): Promise<number>;
  };
  function readTextFile(path: string): Promise<string>;
  function readDir(
    path: string
  ): AsyncIterable<{ readonly name: string; readonly isFile: boolean }>;
  function addSignalListener(signal: 'SIGINT', listener: () => void): void;
  function removeSignalListener(signal: 'SIGINT', listener: () => void): void;
  class Command {
    constructor(
      program: string,
      options: {
        readonly args: readonly string[];
        readonly stdin: 'null';
        readonly stdout: 'piped';
        readonly stderr: 'piped';
        readonly signal: AbortSignal;
      }
    );
    output(): Promise<{
      readonly code: number;
      readonly stdout: Uint8Array;
      readonly stderr: Uint8Array;
    }>;
  }
  /** Throws where no notebook is. */
  const jupyter: {
    display(
      bundle: Readonly<Record<string, string>>,
      options: {
        readonly raw: true;
        readonly display_id?: string;
        readonly update?: boolean;
      }
    ): Promise<void>;
  };
  namespace errors {
    class NotFound extends Error {}
    class NotCapable extends Error {}
    class PermissionDenied extends Error {}
  }
}
