import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A process as the driver lists it. */
export interface IListed {
  readonly pid: number;
  /** Null: the driver does not tell. */
  readonly mib: number | null;
  readonly name?: string;
}

const GPU = 'GPU-00000000-1111-2222-3333-444444444444';

/** Where the program reads what to say. */
const ANSWER = 'answer.xml';

/** A program called nvidia-smi that says what a test wants. */
export class FakeDriver {
  constructor(readonly folder: string) {}

  /** Write the program; without an answer it says that there is no driver. */
  async install(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const answer = path.join(this.folder, ANSWER);
    const program = `#!/bin/sh
if [ -e '${answer}' ]; then exec cat '${answer}'; fi
echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
exit 9
`;
    const file = path.join(this.folder, 'nvidia-smi');
    await writeFile(file, program, { mode: 0o755 });
    await writeFile(this.device, '');
  }

  /** What a process has open that uses the GPU. */
  get device(): string {
    return path.join(this.folder, 'device');
  }

  /** One GPU of 80 GiB of which `usedMib` are used, by these processes and others. */
  async say(usedMib: number, processes: readonly IListed[]): Promise<void> {
    const entries = processes.map(
      ({ pid, mib, name }) =>
        `<process_info><pid>${pid}</pid><type>C</type>` +
        `<process_name>${name ?? 'python'}</process_name>` +
        `<used_memory>${mib === null ? 'N/A' : `${mib} MiB`}</used_memory></process_info>`
    );
    const next = path.join(this.folder, 'next.xml');
    await writeFile(
      next,
      `<?xml version="1.0" ?><nvidia_smi_log><gpu><product_name>NVIDIA H100 80GB HBM3</product_name>` +
        `<uuid>${GPU}</uuid><fb_memory_usage><total>81559 MiB</total><used>${usedMib} MiB</used>` +
        `</fb_memory_usage><processes>${entries.join('')}</processes></gpu></nvidia_smi_log>`
    );
    await rename(next, path.join(this.folder, ANSWER));
  }

  /** As if there were no driver. */
  async forget(): Promise<void> {
    await rm(path.join(this.folder, ANSWER), { force: true });
  }
}

/** Python that makes a kernel's process a user of the GPU, and lets it ask often. */
export function useDriver(driver: FakeDriver): string {
  return `import os; from jupyterlab_vram.processes import procfs; from jupyterlab_vram.agent import process_push as watch
procfs.DEVICE_PREFIXES = (${JSON.stringify(driver.device)},)
watch.COMMAND_INTERVAL_S = 0.3
device = open(${JSON.stringify(driver.device)})
print(os.getpid())`;
}
