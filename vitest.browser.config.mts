import { defineConfig } from 'vitest/config';

const SECOND_MS = 1000;

/**
 * Real JupyterLab, real kernels, real Chromium: each with time to start them. Tests wait more
 * than they work, so two files run at a time, each on a server of its own.
 */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.spec.ts'],
    environment: 'node',
    globalSetup: ['test/browser/global.ts'],
    maxWorkers: 2,
    retry: 1,
    expect: { poll: { timeout: 20 * SECOND_MS, interval: 50 } },
    testTimeout: 120 * SECOND_MS,
    hookTimeout: 180 * SECOND_MS,
    teardownTimeout: 30 * SECOND_MS
  }
});
