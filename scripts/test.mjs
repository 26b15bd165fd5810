/**
 * Installs what is missing, then runs every check and every test.
 *
 * `node scripts/test.mjs [step or group]... [argument]...` runs only those; arguments go to the
 * last of them. All steps run even if some fail; the exit code is 1 if any did.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { buildIfChanged } from './build.mjs';
import { chromium } from './chromium.mjs';
import { count } from './junit.mjs';
import { installOldest } from './oldest.mjs';
import { python, results } from './paths.mjs';
import { PlainError, isMain, main, run } from './process.mjs';
import { checkNode, installNode, installPython } from './setup.mjs';
import { steps, stepsNamed } from './steps.mjs';

const AT_ONCE = 2;

function heading(text) {
  console.log(`\n== ${text}`);
}

function seconds(value) {
  return `${value.toFixed(1)} s`;
}

/** What the command line asks for. */
function chosen(words) {
  const firstArgument = words.findIndex(word => stepsNamed(word).length === 0);
  const names = firstArgument < 0 ? words : words.slice(0, firstArgument);
  const extra = firstArgument < 0 ? [] : words.slice(firstArgument);
  if (names.length === 0 && extra.length > 0) {
    const known = steps.map(step => step.name).join(', ');
    throw new PlainError(
      `There is no step ${extra[0]}. The steps are: ${known}.`
    );
  }
  const wanted =
    names.length > 0 ? [...new Set(names.flatMap(stepsNamed))] : [...steps];
  const last = wanted.at(-1);
  return wanted.map(step =>
    step === last ? { ...step, command: [...step.command, ...extra] } : step
  );
}

/** Install what the steps need. Returns the environment that they run in. */
async function prepare(wanted) {
  const needs = new Set(wanted.flatMap(step => step.needs));
  heading('set-up');
  checkNode();
  if (needs.has('node')) {
    await installNode();
  }
  if (needs.has('python')) {
    await installPython();
  }
  if (needs.has('oldest')) {
    await installOldest();
  }
  if (!needs.has('chromium')) {
    return { PYTHON: python };
  }
  if (!wanted.some(step => step.name === 'build')) {
    await buildIfChanged();
  }
  return { PYTHON: python, CHROMIUM: await chromium() };
}

async function runStep(step, env) {
  const [command, ...args] = step.command;
  if (step.alone) {
    heading(step.name);
  }
  const done = await run(command, args, {
    env: { ...env, ...step.env },
    capture: !step.alone
  });
  const word = done.code === 0 ? 'ok' : 'FAILED';
  if (step.alone) {
    console.log(`-- ${step.name}: ${word}, ${seconds(done.seconds)}`);
  } else {
    heading(`${step.name}: ${word}, ${seconds(done.seconds)}`);
    process.stdout.write(done.output);
  }
  return { step, ok: done.code === 0, seconds: done.seconds };
}

/** Run a step once the one that it comes after has ended, if this run has that: it is started before. */
async function runInTurn(step, env, started) {
  const before = await started.get(step.after);
  if (before && !before.ok) {
    heading(`${step.name}: not run, since ${step.after} failed`);
    return { step, ok: false, seconds: 0 };
  }
  return runStep(step, env);
}

/** Run the steps in order, a few at once but for those that want to be alone. */
async function runAll(wanted, env) {
  const started = new Map();
  const start = step => {
    const outcome = runInTurn(step, env, started);
    started.set(step.name, outcome);
    return outcome;
  };
  const queue = wanted.filter(step => !step.alone);
  const worker = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      await start(step);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const step of wanted.filter(({ alone }) => alone)) {
    await start(step);
  }
  return Promise.all(started.values());
}

/**
 * Sum up: a step that failed without a failing test to show for it counts as one failure.
 */
async function summarise(outcomes) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { step, ok } of outcomes) {
    const tests = step.report ? await count(step.report) : null;
    total.passed += tests?.passed ?? 0;
    total.skipped += tests?.skipped ?? 0;
    total.failed += tests?.failed || (ok ? 0 : 1);
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  return `${total.passed} passed, ${total.failed} failed${skipped}`;
}

async function test() {
  const startMs = performance.now();
  await rm(results, { recursive: true, force: true });
  await mkdir(results, { recursive: true });
  const wanted = chosen(process.argv.slice(2));
  const env = await prepare(wanted);
  const outcomes = await runAll(wanted, env);
  const failures = outcomes
    .filter(({ ok }) => !ok)
    .map(({ step }) => step.name);
  heading(`done in ${seconds((performance.now() - startMs) / 1000)}`);
  if (failures.length > 0) {
    console.log(`Failed: ${failures.join(', ')}`);
    process.exitCode = 1;
  }
  const total = await summarise(outcomes);
  await writeFile(path.join(results, 'total.txt'), `${total}\n`);
  console.log(total);
}

if (isMain(import.meta)) {
  await main(test);
}
