import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update'
];

/** Start the browser that `CHROMIUM` names. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) {
    throw new Error(
      'Run `npm run test:browser`, or name a Chromium in the variable CHROMIUM.'
    );
  }
  return chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
}
