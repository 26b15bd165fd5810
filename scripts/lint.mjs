/** Formats everything and fixes what the linters can fix. */
import { nodeBin, venvBin } from './paths.mjs';
import { isMain, main, run } from './process.mjs';
import { checkNode, installNode, installPython } from './setup.mjs';

const FIXES = [
  [nodeBin('eslint'), '.', '--fix'],
  [nodeBin('stylelint'), '{style,src}/**/*.css', '--fix'],
  [nodeBin('prettier'), '.', '--write', '--log-level=warn'],
  [venvBin('ruff'), 'check', '.', '--fix'],
  [venvBin('ruff'), 'format', '.']
];

async function lint() {
  checkNode();
  await installNode();
  await installPython();
  for (const [command, ...args] of FIXES) {
    const { code } = await run(command, args);
    if (code !== 0) {
      process.exitCode = 1;
    }
  }
}

if (isMain(import.meta)) {
  await main(lint);
}
