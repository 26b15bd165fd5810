import { defineConfig } from 'vitest/config';

import browser from './vitest.browser.config.mts';

/** The benches that need a server and a browser; they print, and judge nothing. */
export default defineConfig({
  test: {
    ...browser.test,
    include: ['test/bench/**/*.spec.ts'],
    testTimeout: 600_000,
    reporters: ['dot']
  }
});
