import { defineConfig } from 'vitest/config';

import browser from './vitest.browser.config.mts';

/** The benches that need a server and a browser; they print, and judge nothing. */
export default defineConfig({
  test: {
    ...browser.test,
    include: ['test/bench/**/*.spec.ts'],
    // Nothing else is to work while something is measured.
    fileParallelism: false,
    testTimeout: 600_000,
    reporters: ['dot']
  }
});
