/**
 * Builds the control room for Deno: lib/room/room.mjs, one file with all that it needs, the
 * kernel's agent included, and its types in lib/room/types.
 *
 * Deno runs no TypeScript out of an npm package, and resolves no path without an ending.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { rspack } from '@rspack/core';

import { at } from './paths.mjs';
import { PlainError, isMain, main } from './process.mjs';

const ENTRY = at('lib', 'deno', 'index.js');
const FOLDER = at('lib', 'room');
const TYPES = at('lib', 'room', 'types');
const HEAD = '// @ts-self-types="./types/deno/index.d.ts"';

function options() {
  return {
    mode: 'none',
    target: ['web', 'es2022'],
    entry: ENTRY,
    output: {
      path: FOLDER,
      filename: 'room.mjs',
      module: true,
      chunkFormat: 'module',
      library: { type: 'module' }
    },
    experiments: { outputModule: true },
    optimization: {
      concatenateModules: true,
      usedExports: true,
      sideEffects: true,
      minimize: false
    },
    module: {
      rules: [
        {
          // Part of the file: `fetch` reads it without any permission.
          resourceQuery: /^\?agent$/,
          type: 'asset/inline',
          loader: at('scripts', 'agent-loader.mjs'),
          generator: {
            dataUrl: content =>
              `data:application/json;base64,${content.toString('base64')}`
          }
        }
      ]
    },
    plugins: [new rspack.BannerPlugin({ banner: HEAD, raw: true })]
  };
}

function bundle() {
  return new Promise((resolve, reject) => {
    rspack(options(), (error, stats) => {
      if (error || stats.hasErrors()) {
        const why =
          error?.message ?? stats.toString({ all: false, errors: true });
        reject(new PlainError(`The control room could not be built:\n${why}`));
      } else {
        resolve();
      }
    });
  });
}

/** Copy the types that `index.d.ts` needs, with paths that Deno can resolve. */
async function copyTypes() {
  await rm(TYPES, { recursive: true, force: true });
  const todo = [at('lib', 'deno', 'index.d.ts')];
  const done = new Set();
  while (todo.length > 0) {
    const file = todo.pop();
    if (done.has(file)) {
      continue;
    }
    done.add(file);
    const text = await readFile(file, 'utf8');
    const copied = text.replace(
      /(from |import\()'(\.[^']*)'/g,
      (_, before, specifier) => {
        const target = resolveTypes(path.join(path.dirname(file), specifier));
        todo.push(target.file);
        return `${before}'${specifier}${target.ending}'`;
      }
    );
    const copy = path.join(TYPES, path.relative(at('lib'), file));
    await mkdir(path.dirname(copy), { recursive: true });
    await writeFile(copy, copied);
  }
}

function resolveTypes(target) {
  const ending = ['.d.ts', '/index.d.ts'].find(each =>
    existsSync(`${target}${each}`)
  );
  if (ending === undefined) {
    throw new PlainError(`There are no types for ${target}.`);
  }
  return { file: `${target}${ending}`, ending };
}

/** @throws PlainError when it can't be built; `lib` must be built already. */
export async function buildDeno() {
  await bundle();
  await copyTypes();
}

if (isMain(import.meta)) {
  await main(buildDeno);
}
