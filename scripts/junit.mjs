/** Reads the totals of a JUnit report. */
import { readFile } from 'node:fs/promises';

/** The number of test cases in `file` by outcome, or null if there is no such file. */
export async function count(file) {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    return null;
  }
  const xml = text.replaceAll(/<!\[CDATA\[.*?\]\]>/gs, '');
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [, body = ''] of xml.matchAll(
    /<testcase\b[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs
  )) {
    if (/<(failure|error)\b/.test(body)) {
      total.failed += 1;
    } else if (/<skipped\b/.test(body)) {
      total.skipped += 1;
    } else {
      total.passed += 1;
    }
  }
  return total;
}
