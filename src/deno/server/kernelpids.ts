const TIMEOUT_MS = 5000;

/**
 * The processes of this machine whose command names a kernel's connection file, by the kernel's id.
 *
 * Asks no kernel. Never throws: without `ps`, or without leave to run it, there are none.
 */
export async function kernelPids(): Promise<ReadonlyMap<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const line of (await listing()).split('\n')) {
    const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    const [, kernelId] = /\bkernel-([\w-]+)\.json\b/.exec(command) ?? [];
    if (pid !== undefined && kernelId !== undefined) {
      found.set(kernelId, [...(found.get(kernelId) ?? []), Number(pid)]);
    }
  }
  return found;
}

async function listing(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command('ps', {
      args: ['-A', '-ww', '-o', 'pid=,args='],
      stdin: 'null',
      stdout: 'piped',
      stderr: 'piped',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return '';
  }
}
