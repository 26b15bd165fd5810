import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Plugin } from 'vitest/config';
import { defineConfig } from 'vitest/config';

import { agentFiles } from './scripts/agent-source.mjs';

/** SVG files are strings in the built extension; make them strings here too. */
const svgAsText: Plugin = {
  name: 'svg-as-text',
  enforce: 'pre',
  async load(id) {
    return id.endsWith('.svg')
      ? `export default ${JSON.stringify(await readFile(id, 'utf8'))};`
      : null;
  }
};

/** The kernel agent is a JSON file of its own in the built extension; here it is a data URL. */
const agentAsDataUrl: Plugin = {
  name: 'agent-as-data-url',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('.py?agent')) {
      return null;
    }
    const json = JSON.stringify(await agentFiles(path.dirname(id)));
    const url = `data:application/json,${encodeURIComponent(json)}`;
    return `export default ${JSON.stringify(url)};`;
  }
};

const CORE = 'test/{core,kernel,model}/**/*.spec.ts';
const PLUGINS = 'test/plugins/**/*.spec.ts';
const ELSEWHERE = [
  'test/bench/**',
  'test/browser/**',
  'test/deno/**',
  'test/gpu/**'
];

const PAGE = {
  environment: 'jsdom',
  setupFiles: ['test/setup.ts'],
  server: { deps: { inline: [/@jupyterlab/, /@jupyter\//] } }
};

export default defineConfig({
  plugins: [svgAsText, agentAsDataUrl],
  test: {
    restoreMocks: true,
    // Some read every fixture thousands of times, beside whatever else the machine does.
    testTimeout: 60_000,
    unstubGlobals: true,
    projects: [
      {
        // Without a page, and with nothing that one file could leave to the next.
        extends: true,
        test: {
          name: 'core',
          include: [CORE],
          environment: 'node',
          isolate: false
        }
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['test/**/*.spec.{ts,tsx}'],
          exclude: [CORE, PLUGINS, ...ELSEWHERE],
          ...PAGE
        }
      },
      {
        // All of JupyterLab, which takes seconds to load: once is enough.
        extends: true,
        test: {
          name: 'plugins',
          include: [PLUGINS],
          isolate: false,
          fileParallelism: false,
          ...PAGE
        }
      }
    ]
  }
});
