/** The steps of `npm test`: what each runs, and what has to be installed for it. */
import path from 'node:path';

import { at, nodeBin, oldestBin, results, venvBin } from './paths.mjs';

const CACHE = at('node_modules', '.cache', 'checks');

/** Where a test runner leaves its JUnit report. */
function report(name) {
  return path.join(results, `${name}.xml`);
}

function vitest(name, ...more) {
  return [
    nodeBin('vitest'),
    'run',
    '--reporter=default',
    '--reporter=junit',
    `--outputFile.junit=${report(name)}`,
    ...more
  ];
}

const check = (name, group, command, more = {}) => ({
  name,
  group,
  command,
  needs: ['node'],
  ...more
});
const test = (name, command, more = {}) => ({
  name,
  group: 'test',
  command,
  needs: ['node'],
  report: report(name),
  ...more
});

// Every linter caches by content, so that a second run takes seconds. A type-aware ESLint
// finding in one file that a change in another causes can stay hidden until the cache is
// cleaned (`npm run clean`) or a clean checkout is tested.
const LINT = [
  check('prettier', 'lint', [
    nodeBin('prettier'),
    '--check',
    '.',
    '--cache',
    '--cache-strategy=content',
    '--cache-location',
    path.join(CACHE, 'prettier'),
    '--log-level=warn'
  ]),
  check('eslint', 'lint', [
    nodeBin('eslint'),
    '.',
    '--max-warnings=0',
    '--cache',
    '--cache-strategy=content',
    '--cache-location',
    path.join(CACHE, 'eslint')
  ]),
  check('stylelint', 'lint', [
    nodeBin('stylelint'),
    '{style,src}/**/*.css',
    '--max-warnings=0',
    '--cache',
    '--cache-strategy=content',
    '--cache-location',
    path.join(CACHE, 'stylelint')
  ]),
  check('deno-lint', 'lint', [
    nodeBin('deno'),
    'lint',
    '--quiet',
    '--no-config',
    // Our own package, as people import it.
    '--rules-exclude=no-unversioned-import',
    'src/deno',
    'test/deno',
    'examples/watchdog.ts'
  ]),
  check('wire', 'lint', [process.execPath, 'scripts/wire.mjs', '--check'], {
    needs: ['node', 'python']
  }),
  check('dependencies', 'lint', [
    nodeBin('depcruise'),
    'src',
    '--config',
    '.dependency-cruiser.mjs'
  ]),
  check(
    'dependencies-python',
    'lint',
    [venvBin('lint-imports'), '--cache-dir', path.join(CACHE, 'imports')],
    { needs: ['python'] }
  ),
  check('ruff', 'lint', [venvBin('ruff'), 'check', '.'], { needs: ['python'] }),
  check('ruff-format', 'lint', [venvBin('ruff'), 'format', '--check', '.'], {
    needs: ['python']
  })
];

const TYPES = [
  check('types', 'typecheck', [
    nodeBin('tsc'),
    '--noEmit',
    '--tsBuildInfoFile',
    path.join(CACHE, 'tsconfig.tsbuildinfo')
  ]),
  check('types-tests', 'typecheck', [
    nodeBin('tsc'),
    '-p',
    'tsconfig.test.json'
  ]),
  check('types-deno', 'typecheck', [
    nodeBin('deno'),
    'check',
    '--no-config',
    '--no-lock',
    '--no-remote',
    // The other tests need what is built, and are checked when they run.
    '--unstable-sloppy-imports',
    'src/core/',
    'test/deno/core_test.ts',
    'test/deno/parts_test.ts'
  ]),
  check('mypy', 'typecheck', [venvBin('mypy')], { needs: ['python'] })
];

const BUILD = [
  check(
    'build',
    'build',
    [process.execPath, 'scripts/build.mjs', '--if-changed'],
    {
      needs: ['node', 'python']
    }
  )
];

const WHEEL = [
  check('wheel', 'build', [process.execPath, 'scripts/wheel.mjs'], {
    needs: ['node', 'python'],
    after: 'build',
    alone: true
  })
];

// Started first: by far the longest of those that run side by side.
const UNIT = [test('unit', vitest('unit'))];

const TESTS = [
  test(
    'deno',
    [
      nodeBin('deno'),
      'test',
      '--no-config',
      '--no-lock',
      '--no-remote',
      // A test starts servers and kernels, and writes into folders of its own.
      '--unstable-sloppy-imports',
      '--allow-all',
      `--junit-path=${report('deno')}`,
      'test/deno/'
    ],
    { needs: ['node', 'python'], after: 'build' }
  ),
  test(
    'python',
    [
      venvBin('pytest'),
      '-q',
      `--junitxml=${report('python')}`,
      // Each file in one process, and in this order: some are about what others leave there.
      '--numprocesses=2',
      '--dist=loadfile',
      '--no-loadscope-reorder'
    ],
    { needs: ['node', 'python'] }
  ),
  test(
    'browser',
    vitest(
      'browser',
      '--config',
      'vitest.browser.config.mts',
      `--reporter=${path.join('.', 'test', 'browser', 'retries.ts')}`
    ),
    { needs: ['node', 'python', 'chromium'], after: 'build', alone: true }
  )
];

// What differs between versions of IPython, ipykernel and JupyterLab, on the oldest of each.
const PYTHON_ON_OLDEST = [
  'cells',
  'delivery',
  'execute',
  'failures',
  'frontend',
  'holders',
  'interrupts',
  'kernel_io',
  'magics',
  'names',
  'one_agent',
  'peaks',
  'probes',
  'pushes',
  'recorder',
  'removals',
  'shells',
  'subshell',
  'untouched'
].map(name => path.join('test', 'python', `test_${name}.py`));

const OLDEST = [
  test(
    'oldest-python',
    [
      oldestBin('python'),
      '-m',
      'pytest',
      '-q',
      // Old packages warn of what newer ones will do.
      '-o',
      'filterwarnings=default',
      '-o',
      'cache_dir=.cache/pytest-oldest',
      `--junitxml=${report('oldest-python')}`,
      ...PYTHON_ON_OLDEST
    ],
    { group: 'oldest', needs: ['node', 'python', 'oldest'] }
  ),
  test(
    'oldest-browser',
    vitest(
      'oldest-browser',
      '--config',
      'vitest.browser.config.mts',
      'test/browser/versions.spec.ts'
    ),
    {
      group: 'oldest',
      needs: ['node', 'python', 'oldest', 'chromium'],
      after: 'build',
      alone: true,
      env: { VRAM_TEST_PYTHON: oldestBin('python') }
    }
  )
];

/** In the order in which they are started: each behind the one that it comes `after`. */
export const steps = [
  ...UNIT,
  ...BUILD,
  ...LINT,
  ...TYPES,
  ...WHEEL,
  ...TESTS,
  ...OLDEST
];

/** The steps with this name, or of this group. */
export function stepsNamed(name) {
  return steps.filter(step => step.name === name || step.group === name);
}
