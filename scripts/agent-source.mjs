/** What of the agent's Python files is delivered to a kernel: the code, without what only people read. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Its docstrings are what `%vram?` shows. */
const WITH_HELP = 'magics/magics.py';

/** What runs beside JupyterLab and in no kernel of a notebook, and what only type checkers read. */
const ELSEWHERE = ['deno_kernel.py', 'host/interface.py', 'wire_types.py'];

/** The Python files of a folder and of those in it as they are delivered, by path. */
export async function agentFiles(folder) {
  const names = (await readdir(folder, { recursive: true })).filter(
    name => name.endsWith('.py') && !ELSEWHERE.includes(name)
  );
  const files = {};
  for (const name of names.sort()) {
    const text = await readFile(path.join(folder, name), 'utf8');
    files[name] = name === WITH_HELP ? text : withoutWords(text);
  }
  return files;
}

/**
 * `text` without comments and docstrings; no statement is lost.
 *
 * It relies on the house style: a docstring is a statement of its own that begins with three
 * quotes, and no other line does. A test compares the syntax trees.
 */
function withoutWords(text) {
  const lines = text
    .replace(/^([ \t]*)"""(?:[^"\\]|\\[^]|"(?!""))*"""[ \t]*$/gm, '$1""')
    .split('\n')
    .filter(line => !/^\s*(#.*)?$/.test(line));
  return `${lines.join('\n')}\n`;
}
