/** Running other programs. Node built-ins only: imported before anything is installed. */
import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { environment, root } from './paths.mjs';

/** An error whose message is meant for the person at the terminal. */
export class PlainError extends Error {}

/**
 * Run a program in the root of the checkout.
 *
 * With `capture`, its output is returned instead of shown. A program that can't be
 * started counts as one that ended with code 127.
 */
export function run(
  command,
  args,
  { env = {}, capture = false, cwd = root } = {}
) {
  return new Promise(resolve => {
    const startMs = performance.now();
    const chunks = [];
    const child = spawn(command, args, {
      cwd,
      env: environment(env),
      stdio: capture
        ? ['ignore', 'pipe', 'pipe']
        : ['ignore', 'inherit', 'inherit']
    });
    const finish = code =>
      resolve({
        code,
        output: Buffer.concat(chunks).toString(),
        seconds: (performance.now() - startMs) / 1000
      });
    child.stdout?.on('data', chunk => chunks.push(chunk));
    child.stderr?.on('data', chunk => chunks.push(chunk));
    child.on('error', error => {
      chunks.push(Buffer.from(`${command}: ${error.message}\n`));
      finish(127);
    });
    child.on('close', (code, signal) => finish(signal ? 128 : code));
  });
}

/**
 * Run a program that must succeed, and return what it printed.
 *
 * @throws PlainError with what it printed if it fails.
 */
export async function must(sentence, command, args, options = {}) {
  const { code, output } = await run(command, args, {
    capture: true,
    ...options
  });
  if (code !== 0) {
    throw new PlainError(`${sentence}\n${output.trim()}`.trim());
  }
  return output;
}

/** Run `body` as a program: a plain error is one sentence, any other has its trace; both exit 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof PlainError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Whether the module with this `import.meta` is the one that Node was started with. */
export function isMain(meta) {
  return realpathSync(process.argv[1] ?? '.') === fileURLToPath(meta.url);
}

/** The path of the first program on PATH with one of these names, or null. */
export function which(...names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = names.flatMap(name =>
    folders.map(folder => path.join(folder, name))
  );
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
