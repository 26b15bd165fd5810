/** What src/core/wire/wire.json means: its names, and the types of its fields. */
import { PlainError } from '../process.mjs';

/** Types of text, by what bounds them; `data` is for a parser alone and never shown. */
const TEXTS = ['id', 'name', 'text', 'path', 'settings', 'data'];
const NUMBERS = ['whole', 'positive', 'seconds', 'number', 'version'];
const OTHERS = ['flag', 'object'];

/** `snake_case` in camelCase. */
export function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** `snake_case` in PascalCase. */
export function pascalCase(name) {
  const camel = camelCase(name);
  return camel[0].toUpperCase() + camel.slice(1);
}

/** `snake_case` as constants are written. */
export function constantCase(name) {
  return name.toUpperCase();
}

/**
 * The type of a field: `whole`, `whole?` (null where it is unknown) or `whole[]`.
 *
 * @returns its `base`, what `sort` of type that is, and whether it `isNullable` or `isList`.
 */
export function typeOf({ enums, records }, field) {
  const [, base, mark = ''] = /^(\w+)(\?|\[\])?$/.exec(field.type) ?? [];
  const sort = TEXTS.includes(base)
    ? 'text'
    : NUMBERS.includes(base) || OTHERS.includes(base)
      ? base
      : base in enums
        ? 'enum'
        : base in records
          ? 'record'
          : null;
  if (sort === null) {
    throw new PlainError(`The type ${field.type} is not known.`);
  }
  return { base, sort, isNullable: mark === '?', isList: mark === '[]' };
}

/** The fields of a record and, first, of the one that it extends. */
export function allFields({ records }, record) {
  const inherited = record.extends
    ? allFields({ records }, records[record.extends])
    : [];
  return [...inherited, ...Object.entries(record.fields)];
}

/** @throws PlainError for a type, a limit or a base that the definition lacks, or a sign without a mention. */
export function checkWire(wire) {
  const { mentions, signs } = wire.out_of_memory;
  for (const sign of signs.words) {
    if (!mentions.words.some(word => sign.includes(word))) {
      throw new PlainError(`The sign ${sign} has none of the mentions.`);
    }
  }
  for (const [name, record] of Object.entries(wire.records)) {
    if (record.extends && !(record.extends in wire.records)) {
      throw new PlainError(
        `${name} extends ${record.extends}, which is missing.`
      );
    }
    for (const [key, field] of Object.entries(record.fields)) {
      const { sort, base, isList } = typeOf(wire, field);
      const limit = isList ? field.most : sort === 'text' && `${base}_length`;
      if ((isList || limit) && !(limit in wire.limits.values)) {
        throw new PlainError(`${name}.${key} has no limit in \`limits\`.`);
      }
    }
  }
  for (const operation of Object.values(wire.requests.operations)) {
    Object.values(operation.fields).forEach(field => typeOf(wire, field));
    if (
      !(operation.answer in wire.records) &&
      !(operation.answer in wire.enums.message_kind.values)
    ) {
      throw new PlainError(`Nothing is called ${operation.answer}.`);
    }
  }
}
