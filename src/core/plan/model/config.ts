import type { IRefusal } from '../../wire/decode';
import { cleanText, describe, Field } from '../../wire/decode';
import fields from './fields.json' with { type: 'json' };
import { PlanError } from './shape';

/** The greatest values that are believed; beyond them a config is refused. */
export const CONFIG_LIMITS = {
  layers: 2048,
  width: 2 ** 24,
  tokens: 2 ** 31,
  experts: 2 ** 16
} as const;

/** The names that a fact has in the configs of different families. */
const ALIASES: Readonly<Record<string, readonly string[]>> = fields.names;

/**
 * The fields of a `config.json`, each read from own properties only and
 * checked.
 *
 * @throws PlanError, which names the field, from every reader.
 */
export class Config {
  constructor(value: unknown, where = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new PlanError(trans =>
        trans.__('The config should be an object of fields.')
      );
    }
    this._values = value as Record<string, unknown>;
    this._where = where;
  }

  /** Whether one of the names of `fact`, or the field itself, is there and not null. */
  has(name: string): boolean {
    return this._name(name) !== null;
  }

  /** Whether a fact that the field `name` tells is there by any of its names, be it null. */
  mentions(name: string): boolean {
    const names = Object.values(ALIASES).find(each => each.includes(name)) ?? [
      name
    ];
    return names.some(each => this._own(each) !== undefined);
  }

  /** This config, and `more` fields. */
  with(more: Readonly<Record<string, unknown>>): Config {
    return new Config({ ...this._values, ...more }, this._where);
  }

  /** Whether the field is there and says null, which is not the same as absent. */
  isNull(name: string): boolean {
    return this._own(name) === null;
  }

  /** A whole number from `least` to `most`; `fallback` where absent. */
  count(name: string, most: number, fallback?: number, least = 1): number {
    const found = this._name(name);
    if (found === null && fallback !== undefined) {
      return fallback;
    }
    const field = found ?? namesOf(name)[0] ?? name;
    const value = this._read(field, each => each.whole());
    if (value < least || value > most) {
      throw new PlanError(trans =>
        trans.__(
          '`%1%2` should be from %3 to %4, but is %5.',
          this._where,
          field,
          least,
          most,
          value
        )
      );
    }
    return value;
  }

  /** True or false; `fallback` where absent. */
  flag(name: string, fallback: boolean): boolean {
    return this.has(name) ? this._read(name, field => field.flag()) : fallback;
  }

  /** A finite number from 0; `fallback` where absent. */
  ratio(name: string, fallback: number): number {
    const value = this._own(name);
    if (value === undefined || value === null) {
      return fallback;
    }
    if (typeof value !== 'number' || !(value >= 0 && value <= 1e6)) {
      const found = describe(value);
      throw new PlanError(trans =>
        trans.__(
          '`%1%2` should be a number, but is %3.',
          this._where,
          name,
          found(trans)
        )
      );
    }
    return value;
  }

  /** Text of at most 64 characters; `fallback` where absent. */
  text(name: string, fallback: string): string {
    const found = this._name(name);
    return found === null
      ? fallback
      : this._read(found, field => field.text(64));
  }

  /** A text or number as a word; none for anything else. */
  words(name: string): string[] {
    const value = this._own(name);
    return typeof value === 'string' || typeof value === 'number'
      ? [cleanText(String(value), 40)]
      : [];
  }

  /** The texts of a list; empty where absent. */
  texts(name: string): string[] {
    return this._read(name, field =>
      field.listOrEmpty(CONFIG_LIMITS.layers, item => item.text(64))
    );
  }

  /** The whole numbers of a list; empty where absent or no list. */
  counts(name: string): number[] {
    return Array.isArray(this._own(name))
      ? this._read(name, field =>
          field.listOrEmpty(CONFIG_LIMITS.layers, item => item.whole())
        )
      : [];
  }

  /** The fields of the object in `name`; null where absent. */
  inner(name: string): Config | null {
    const value = this._own(name);
    return value === undefined || value === null
      ? null
      : new Config(value, `${this._where}${name}.`);
  }

  /** Names of objects that no reader asked for, and that `pattern` matches. */
  objects(pattern: RegExp): string[] {
    return Object.entries(this._values)
      .filter(([name, value]) => pattern.test(name) && isFilled(value))
      .map(([name]) => name);
  }

  /** Fields that speak of structure, and that no reader has asked for. */
  unread(): string[] {
    return Object.entries(this._values)
      .filter(
        ([name, value]) =>
          !this._asked.has(name) &&
          STRUCTURE.test(name) &&
          !NO_STRUCTURE.test(name) &&
          (isSize(value) || isFilled(value) || isPattern(value))
      )
      .map(([name]) => cleanText(name, 40));
  }

  private _name(name: string): string | null {
    return (
      namesOf(name).find(each => {
        const value = this._own(each);
        return value !== undefined && value !== null;
      }) ?? null
    );
  }

  private _own(name: string): unknown {
    this._asked.add(name);
    return Object.prototype.hasOwnProperty.call(this._values, name)
      ? this._values[name]
      : undefined;
  }

  private _read<T>(name: string, read: (field: Field) => T): T {
    const refusal: IRefusal = { reason: null };
    try {
      return read(new Field(this._own(name), this._where + name, refusal));
    } catch {
      throw new PlanError(
        refusal.reason ?? (trans => trans.__('`%1` could not be read.', name))
      );
    }
  }

  private readonly _asked = new Set<string>();
  private readonly _values: Record<string, unknown>;
  private readonly _where: string;
}

function namesOf(name: string): readonly string[] {
  const names = Object.prototype.hasOwnProperty.call(ALIASES, name)
    ? ALIASES[name]
    : undefined;
  return names ?? [name];
}

/** Words in the names of fields on which weights or caches depend. */
const STRUCTURE =
  /layer|block|pattern|period|interval|every|hybrid|head|kv|expert|moe|mamba|ssm|conv|lru|state|rank|latent|window|width|dim|size|group|indexer|compress|(^|_)(hc|attn)_/;
/** Words in the names of those on which neither depends. */
const NO_STRUCTURE =
  /token|rope|rotary|position|max_|chunk|drop|eps|norm|init|bias|quantization|label|topk_group|n_group|expert_group|_base$|kernels|router|per_tok|_coef|hidden_states|architectures/;

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 1;
}

/** A list or an object with something in it. */
function isFilled(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).length > 0
  );
}

/** One letter or mark for each layer. */
function isPattern(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z*|-]{8,}$/.test(value);
}
