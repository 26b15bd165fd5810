/** Rebuilds lib/ and labextension/build at every change of a source, until Ctrl+C. */
import { buildIfChanged, writeCoreMeta } from './build.mjs';
import { at, nodeBin, root } from './paths.mjs';
import { isMain, main, run } from './process.mjs';
import { checkNode, installNode, installPython } from './setup.mjs';

async function watch() {
  checkNode();
  await installNode();
  await installPython();
  await buildIfChanged();
  await Promise.all([
    run(nodeBin('tsc'), ['--watch', '--preserveWatchOutput', '--sourceMap']),
    // Not `jupyter-builder watch`: it replaces the links that set-up made in .venv.
    run(process.execPath, [
      at('node_modules', '@jupyter', 'builder', 'lib', 'build-labextension.js'),
      '--core-package-file',
      await writeCoreMeta(),
      '--watch',
      '--development',
      '--source-map',
      root
    ])
  ]);
}

if (isMain(import.meta)) {
  await main(watch);
}
