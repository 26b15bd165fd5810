import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** So many tests of one run may fail at first and pass when they run once more. */
export const MAX_SECOND_CHANCES = 2;

/**
 * Prints both results of each test that ran a second time, and fails the run when there
 * were more than `MAX_SECOND_CHANCES`: one is a machine under load, many are a fault.
 *
 * Needs `retry: 1` in the configuration.
 */
export default class RetryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const retried = modules.flatMap(module =>
      [...module.children.allTests()].filter(wasRetried)
    );
    for (const test of retried) {
      console.log(describe(test));
    }
    if (retried.length > MAX_SECOND_CHANCES) {
      console.error(
        `${retried.length} tests needed a second chance; ${MAX_SECOND_CHANCES} is the most that a run may have.`
      );
      process.exitCode = 1;
    }
  }
}

function wasRetried(test: TestCase): boolean {
  return (test.diagnostic()?.retryCount ?? 0) > 0;
}

function describe(test: TestCase): string {
  const { errors = [], state } = test.result();
  const [first] = errors;
  return [
    `\nRan a second time: ${test.module.relativeModuleId} > ${test.fullName}`,
    `  first:  failed: ${first?.message ?? 'for a reason that was not kept'}`,
    `  second: ${state}${errors[1] ? `: ${errors[1].message}` : ''}`
  ].join('\n');
}
