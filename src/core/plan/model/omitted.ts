import type { Config } from './config';
import omitted from './omitted.json' with { type: 'json' };

/** A config with what was left out of it, and the names of that, with their values. */
export interface IFilled {
  readonly config: Config;
  readonly names: readonly string[];
}

/**
 * A nested config of that `model_type` with the fields that transformers leaves out
 * when it saves one: those that are its class's defaults.
 */
export function filled(config: Config, type: string): IFilled {
  const rows: Readonly<Record<string, readonly (number | null)[]>> =
    omitted.rows;
  const row = Object.prototype.hasOwnProperty.call(rows, type)
    ? rows[type]
    : undefined;
  const missing = omitted.fields.flatMap((field, index): [string, number][] => {
    const value = row?.[index] ?? null;
    return value === null || config.mentions(field) ? [] : [[field, value]];
  });
  return {
    config: config.with(Object.fromEntries(missing)),
    names: missing.map(([field, value]) => `${field} ${value}`)
  };
}
