/**
 * Builds the extension: the version file, lib/ (tsc) and labextension/build (rspack).
 *
 * `node scripts/build.mjs` builds with source maps, `--production` builds what is shipped, and
 * `--if-changed` builds what is shipped unless that was done from these very sources.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';

import { at, venvBin } from './paths.mjs';
import { PlainError, isMain, main, run, which } from './process.mjs';
import { hashOf, isStamped, stamp } from './stamp.mjs';

const SOURCES = [
  'package.json',
  'package-lock.json',
  'rspack.config.js',
  'scripts/agent-loader.mjs',
  'scripts/agent-source.mjs',
  'scripts/deno.mjs',
  'tsconfig.json',
  'src',
  'style',
  'schema',
  'jupyterlab_vram'
];
const CORE_META = [
  'node_modules',
  '@jupyterlab',
  'core-meta',
  'core.package.json'
];
const BUILT = at('labextension', 'build', 'package.json');
const STAMP = at('lib', '.stamp');

/** Write the version that package.json has where Python finds it. */
export async function writeVersion() {
  const { version } = await readJson('package.json');
  const file = at('jupyterlab_vram', '_version.py');
  const text =
    '"""The version of this package, written by the build from package.json."""\n\n' +
    `__version__ = "${version}"\n`;
  if (!(await isStamped(file, text))) {
    await stamp(file, text);
  }
}

async function readJson(...parts) {
  return JSON.parse(await readFile(at(...parts), 'utf8'));
}

/**
 * Write what the builder knows of JupyterLab, with our version ranges in place of the newest:
 * without them an older JupyterLab that we support warns in the console of every page.
 *
 * @returns the path of the file.
 */
export async function writeCoreMeta() {
  const { dependencies: ours } = await readJson('package.json');
  const core = await readJson(...CORE_META);
  for (const ranges of [core.dependencies, core.resolutions ?? {}]) {
    for (const name of Object.keys(ranges).filter(key => key in ours)) {
      ranges[name] = ours[name];
    }
  }
  const file = at('lib', 'core.package.json');
  await mkdir(at('lib'), { recursive: true });
  await writeFile(file, JSON.stringify(core, null, 2));
  return file;
}

async function step(command, args) {
  const { code } = await run(command, args);
  if (code !== 0) {
    throw new PlainError('The extension could not be built.');
  }
}

/**
 * Build all of it.
 *
 * A Python build brings its own `builder` (on PATH); by default it is that of .venv.
 *
 * @throws PlainError when a part fails; its output has been shown.
 */
export async function build({
  production = false,
  builder = venvBin('jupyter-builder')
} = {}) {
  await writeVersion();
  await rm(STAMP, { force: true });
  if (production) {
    await rm(at('lib'), { recursive: true, force: true });
  }
  await step('tsc', production ? [] : ['--sourceMap']);
  // In a process of its own: this file is imported before anything is installed.
  await step(process.execPath, [at('scripts', 'deno.mjs')]);
  const mode = production ? [] : ['--development', '--source-map'];
  const core = ['--core-package-file', await writeCoreMeta()];
  await step(builder, ['build', '.', ...core, ...mode]);
}

/** Build what is shipped, unless it was built from these very sources. */
export async function buildIfChanged() {
  await writeVersion();
  const wanted = await hashOf(SOURCES);
  if (existsSync(BUILT) && (await isStamped(STAMP, wanted))) {
    console.log('The extension is built from these sources already.');
    return;
  }
  await build({ production: true });
  await stamp(STAMP, wanted);
}

if (isMain(import.meta)) {
  await main(() => {
    if (process.argv.includes('--if-changed')) {
      return buildIfChanged();
    }
    return build({
      production: process.argv.includes('--production'),
      builder: which('jupyter-builder') ?? undefined
    });
  });
}
