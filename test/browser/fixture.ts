import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Browser } from 'playwright-core';

import { launchBrowser } from './chromium';
import { Lab } from './lab';

/** What the tests of one file share: one browser, one JupyterLab in it. */
export interface IFixture {
  readonly browser: Browser;
  readonly lab: Lab;
}

/**
 * Open JupyterLab before the tests of a file, tidy up after each, and fail
 * those in which the page's code threw.
 */
export function useLab(): IFixture {
  const fixture: { browser?: Browser; lab?: Lab } = {};
  beforeAll(async () => {
    fixture.browser = await launchBrowser();
    const context = await fixture.browser.newContext({
      viewport: { width: 1400, height: 900 }
    });
    fixture.lab = await Lab.open(context);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      await fixture.lab?.picture(task.name);
    }
    await fixture.lab?.tidy();
    expect(fixture.lab?.errors.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await fixture.browser?.close();
  });
  return {
    get browser(): Browser {
      return present(fixture.browser);
    },
    get lab(): Lab {
      return present(fixture.lab);
    }
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error('JupyterLab is not open');
  }
  return value;
}
