import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOM = fileURLToPath(
  new URL('../../kernelspec/kernel.json', import.meta.url)
);
const SCRIPTS = fileURLToPath(new URL('./kernels/', import.meta.url));

/** What the tests start notebooks on; `python3` has the practice device on. */
export type KernelName = 'python3' | 'plain' | 'bare' | 'echo' | 'vram-room';

/** Write the kernelspecs that are not ipykernel's own. */
export async function writeKernels(
  folder: string,
  python: string
): Promise<void> {
  // An ordinary Python kernel on a machine without a GPU.
  await write(folder, 'plain', {
    argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: 'Plain',
    language: 'python',
    env: { JUPYTERLAB_VRAM_PRACTICE: '0' }
  });
  // One whose environment lacks the package.
  await write(folder, 'bare', {
    argv: [
      python,
      path.join(SCRIPTS, 'without_package.py'),
      '-f',
      '{connection_file}'
    ],
    display_name: 'Bare',
    language: 'python'
  });
  // One that is not Python.
  await write(folder, 'echo', {
    argv: [python, path.join(SCRIPTS, 'echo.py'), '-f', '{connection_file}'],
    display_name: 'Echo',
    language: 'echo'
  });
  // The control room's, as the package brings it, on a machine without Deno.
  const spec = JSON.parse(await readFile(ROOM, 'utf8')) as { argv: string[] };
  await write(folder, 'vram-room', {
    ...spec,
    argv: [python, ...spec.argv.slice(1)],
    env: { JUPYTERLAB_VRAM_DENO: path.join(folder, 'no-deno') }
  });
}

async function write(
  folder: string,
  name: KernelName,
  spec: object
): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true });
  const file = path.join(folder, name, 'kernel.json');
  await writeFile(file, JSON.stringify(spec, null, 2));
}
