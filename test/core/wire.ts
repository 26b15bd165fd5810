import { english } from '../../src/core/text/translation';
import { parseMessage } from '../../src/core/wire/parse';
import type { IAgentMessage } from '../../src/core/wire/generated';
import { SCHEMA_VERSION } from '../../src/core/wire/generated';

/** An object as JSON holds it. */
export type Json = Record<string, unknown>;

/** A device as it comes over the wire. */
export const DEVICE = {
  id: 'cuda:0',
  kind: 'cuda',
  index: 0,
  name: 'NVIDIA H100 80GB HBM3',
  uuid: null,
  allocated_bytes: 100,
  reserved_bytes: 200,
  peak_allocated_bytes: 150,
  peak_reserved_bytes: 250,
  pinned_bytes: 20,
  free_bytes: 700,
  total_bytes: 1000,
  process_bytes: 220
};

/** A record as it comes over the wire. */
export const RECORD = {
  run: 1,
  cell_id: 'a',
  execution_count: 1,
  code_digest: 'd',
  started: 1,
  ended: 2,
  ok: true,
  devices: [],
  removed: []
};

/** A message as it comes over the wire, with some fields replaced. */
export function message(
  device: Json = {},
  top: Json = {},
  reading: Json = {}
): Json {
  return {
    schema: SCHEMA_VERSION,
    kind: 'push',
    boot: 'b',
    sequence: 1,
    agent_version: '0.1.0',
    reading: {
      time: 1764000000.25,
      state: 'ok',
      detail: null,
      torch_version: '2.11.0',
      pid: 1,
      capturing: false,
      devices: [{ ...DEVICE, ...device }],
      ...reading
    },
    ...top
  };
}

/** The message in `value`, which must be valid. */
export function parsed(value: unknown): IAgentMessage {
  const result = parseMessage(value);
  if (!result.ok) {
    throw new Error(result.reason(english));
  }
  return result.message;
}

/** Why `value` is refused; empty when it isn't. */
export function reason(value: unknown): string {
  const result = parseMessage(value);
  return result.ok ? '' : result.reason(english);
}

/** What becomes of a device with some fields replaced. */
export function device(
  fields: Json
): IAgentMessage['reading']['devices'][number] {
  const found = parsed(message(fields)).reading.devices[0];
  if (found === undefined) {
    throw new Error('No device');
  }
  return found;
}
