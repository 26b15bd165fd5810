// @vitest-environment node
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import config from '../../vitest.browser.config.mts';

const root = path.resolve(import.meta.dirname, '..', '..');
const folders: string[] = [];

interface IRun {
  readonly code: number;
  readonly output: string;
}

/** Run tests of which `flaky` fail at first and `broken` fail always, as the browser step does. */
async function runTests(flaky: number, broken = 0): Promise<IRun> {
  const folder = await mkdtemp(path.join(root, 'node_modules', '.retries-'));
  folders.push(folder);
  await writeFile(
    path.join(folder, 'some.spec.ts'),
    `import { expect, it } from 'vitest';
const tries = new Map();
for (let place = 0; place < ${flaky}; place++) {
  it('wavers ' + place, ({ task }) => {
    tries.set(task.id, (tries.get(task.id) ?? 0) + 1);
    expect('try ' + tries.get(task.id)).toBe('try 2');
  });
}
for (let place = 0; place < ${broken}; place++) {
  it('is broken ' + place, () => {
    expect('never').toBe('right');
  });
}
it('is sound', () => {});
`
  );
  await writeFile(
    path.join(folder, 'vitest.config.mjs'),
    'export default { test: {} };'
  );
  const reporter = path.join(root, 'test', 'browser', 'retries.ts');
  const program = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const options = ['run', '--root', folder, '--retry=1'];
  return promisify(execFile)(
    process.execPath,
    [program, ...options, '--reporter=default', `--reporter=${reporter}`],
    { env: { ...process.env, NO_COLOR: '1', VITEST: undefined } }
  ).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr
    })
  );
}

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('RetryReporter', () => {
  it('should come with one second chance for each test in the browser', () => {
    expect(config.test?.retry).toBe(1);
  });

  it('should print both results of a test that ran a second time, and pass', async () => {
    const { code, output } = await runTests(2);
    expect(output).toContain('Ran a second time: some.spec.ts > wavers 0');
    expect(output).toMatch(/first: {2}failed: expected 'try 1' to be 'try 2'/);
    expect(output).toMatch(/second: passed/);
    expect(code).toBe(0);
  }, 60_000);

  it('should fail a run that needed more than two second chances', async () => {
    const { code, output } = await runTests(3);
    expect(output).toContain('3 tests needed a second chance');
    expect(output).toMatch(/4 passed/);
    expect(code).toBe(1);
  }, 60_000);

  it('should fail what fails twice, and print both', async () => {
    const { code, output } = await runTests(0, 1);
    expect(output).toMatch(
      /first: {2}failed: expected 'never'[^]*second: failed: expected 'never'/
    );
    expect(code).toBe(1);
  }, 60_000);
});
