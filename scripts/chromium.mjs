/** Finds a Chromium for the browser tests, or installs one with the ordinary clients. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { at } from './paths.mjs';
import { PlainError, isMain, main, run, which } from './process.mjs';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable'
];
const MAC_APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium'
];
const PLAYWRIGHT_PROGRAMS = [
  'chrome',
  'chrome-headless-shell',
  'headless_shell',
  'Chromium',
  'Google Chrome for Testing'
];

/** Whether the program starts: a package can leave a stub that only names another installer. */
async function works(program) {
  const { code, output } = await run(program, ['--version'], { capture: true });
  return code === 0 && /chrom/i.test(output);
}

function playwrightCache() {
  const usual = {
    darwin: ['Library', 'Caches', 'ms-playwright'],
    linux: ['.cache', 'ms-playwright']
  };
  return (
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    path.join(os.homedir(), ...(usual[process.platform] ?? usual.linux))
  );
}

async function findPlaywrights() {
  const cache = playwrightCache();
  const entries = await readdir(cache).catch(() => []);
  const browsers = entries
    .filter(name => name.startsWith('chromium'))
    .sort()
    .reverse();
  const found = [];
  for (const browser of browsers) {
    const files = await readdir(path.join(cache, browser), {
      recursive: true,
      withFileTypes: true
    });
    found.push(
      ...files
        .filter(
          file => file.isFile() && PLAYWRIGHT_PROGRAMS.includes(file.name)
        )
        .map(file => path.join(file.parentPath, file.name))
    );
  }
  return found;
}

async function find() {
  const candidates = [
    ...NAMES.map(name => which(name)),
    ...MAC_APPLICATIONS.filter(existsSync),
    ...(await findPlaywrights())
  ];
  for (const candidate of candidates) {
    if (candidate && (await works(candidate))) {
      return candidate;
    }
  }
  return null;
}

async function installWithApt() {
  if (process.getuid?.() !== 0 || which('apt-get') === null) {
    return;
  }
  console.log('Installing Chromium with apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', 'chromium'], { env });
}

async function installWithPlaywright() {
  console.log("Installing Chromium with Playwright's installer");
  const cli = at('node_modules', 'playwright-core', 'cli.js');
  await run(process.execPath, [cli, 'install', 'chromium-headless-shell']);
}

/**
 * The path of a Chromium that starts: the variable CHROMIUM, one on PATH or in Playwright's
 * cache, or else one that is installed now, which is said.
 *
 * @throws PlainError if there is none in the end.
 */
export async function chromium() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!(await works(named))) {
      throw new PlainError(
        `CHROMIUM names ${named}, which does not start as a Chromium.`
      );
    }
    return named;
  }
  let found = await find();
  for (const install of [installWithApt, installWithPlaywright]) {
    if (found === null) {
      await install();
      found = await find();
    }
  }
  if (found === null) {
    throw new PlainError(
      'The browser tests need Chromium, and it could not be installed. ' +
        'Install it, or name its program in the variable CHROMIUM.'
    );
  }
  return found;
}

if (isMain(import.meta)) {
  await main(async () => console.log(await chromium()));
}
