import { deepStrictEqual, strictEqual } from 'node:assert';

import type { IAgentMessage } from '../../src/core/index.ts';
import {
  deviceBreakdown,
  DEFAULT_THRESHOLDS,
  english,
  LeakWatch,
  modelShape,
  parseMessage,
  planFit
} from '../../src/core/index.ts';

interface IFixture {
  valid: unknown[];
  invalid: { why: string; message: unknown }[];
}

const fixture: IFixture = JSON.parse(
  await Deno.readTextFile(new URL('../fixtures/messages.json', import.meta.url))
);

function validMessages(): IAgentMessage[] {
  return fixture.valid.map(value => {
    const result = parseMessage(value);
    if (!result.ok) {
      throw new Error(result.reason(english));
    }
    return result.message;
  });
}

Deno.test('parseMessage() accepts what is valid', () => {
  strictEqual(validMessages().length, fixture.valid.length);
});

Deno.test('parseMessage() refuses what is not', () => {
  for (const { why, message } of fixture.invalid) {
    strictEqual(parseMessage(message).ok, false, why);
  }
});

Deno.test('LeakWatch finds the leak of the fixture, and lets it go', () => {
  const watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
  const seen = new Set<string>();
  let atClear: readonly string[] = ['nothing cleared'];
  for (const message of validMessages()) {
    watch.observe(message, 0);
    watch.warnings.forEach(warning => seen.add(warning.sentence));
    if (message.kind === 'cleared') {
      atClear = watch.warnings.map(warning => warning.sentence);
    }
  }
  strictEqual(seen.has('`del model` freed 0 of 2.00 GiB.'), true);
  deepStrictEqual(atClear, []);
});

Deno.test('composeDevice() accounts for every byte of the fixture', () => {
  for (const { reading } of validMessages()) {
    for (const device of reading.devices) {
      if (device.totalBytes !== null && device.freeBytes !== null) {
        const { parts } = deviceBreakdown(device);
        const sum = parts.reduce((all, part) => all + part.bytes, 0);
        strictEqual(sum, device.totalBytes);
      }
    }
  }
});

Deno.test('planFit() plans in Deno, too', () => {
  const shape = modelShape({
    model_type: 'llama',
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 22,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    vocab_size: 32000
  });
  const { peakBytes } = planFit(shape, { contextTokens: 2048 });
  // Measured on an H100: see test/fixtures/plan.
  strictEqual(Math.round((1000 * peakBytes.likely) / 2385204736), 1000);
});
