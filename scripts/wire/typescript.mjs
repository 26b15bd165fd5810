/** TypeScript for the wire format: constants, types in camelCase, and what decodes them. */
import { camelCase, constantCase, pascalCase, typeOf } from './model.mjs';

const HEADER = `// Written by scripts/wire.mjs from wire.json: change that, and run it again.
`;

/** The text of src/core/wire/generated.ts, before it is formatted. */
export function toTypeScript(wire) {
  return [
    HEADER,
    imports(wire),
    `/** The version of the wire format that this front end understands. */
    export const SCHEMA_VERSION = ${wire.version};`,
    `/** The MIME type of everything the agent sends. */
    export const MIME_TYPE = '${wire.mime_type}';`,
    limits(wire.limits),
    ...Object.entries(wire.constants).map(constant),
    mentions(wire.out_of_memory),
    ...Object.entries(wire.enums).flatMap(enumeration),
    ...Object.entries(wire.records).map(each => record(wire, each)),
    requests(wire),
    ...Object.entries(wire.records).map(each => decoder(wire, each))
  ].join('\n\n');
}

function imports({ records }) {
  const names = Object.entries(records)
    .filter(([, { made_consistent }]) => made_consistent)
    .map(([name]) => consistent(name))
    .sort();
  return `import { ${names.join(', ')} } from './consistent';
  import type { Field } from './decode';
  import { distinct, ifKnown } from './decode';`;
}

/** A comment of one paragraph, and a list of what else there is to say. */
function comment(text, items = []) {
  const words = text.replaceAll('*/', '* /');
  if (words === '' && items.length === 0) {
    return '';
  }
  if (items.length === 0 && words.length < 70) {
    return `/** ${words} */\n`;
  }
  const lines = [...wrapped(words, 85)];
  if (items.length > 0) {
    lines.push('', ...items);
  }
  return `/**\n${lines.map(line => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + word.length >= width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    }
  }
  return lines;
}

function limits({ description, values }) {
  const lines = Object.entries(values).map(
    ([name, { most, description: words = '' }]) =>
      `${comment(words)}${camelCase(name)}: ${most}`
  );
  return `${comment(description)}export const LIMITS = {\n${lines.join(',\n')}\n} as const;`;
}

function constant([name, { seconds, mebibytes, share, description }]) {
  const [suffix, value] =
    seconds !== undefined
      ? ['_MS', seconds * 1000]
      : mebibytes !== undefined
        ? ['_BYTES', `${mebibytes} * 2 ** 20`]
        : ['', share];
  return `${comment(description)}export const ${constantCase(name)}${suffix} = ${value};`;
}

function mentions({ mentions: { description, words } }) {
  return `${comment(`${description} In lower case and without spaces.`)}export const OOM_MENTIONS = [${words.map(quoted).join(', ')}];`;
}

function enumeration([name, { description, values }]) {
  const type = pascalCase(name);
  const list = `${constantCase(name)}S`;
  const items = Object.entries(values).map(
    ([value, words]) => `- \`${value}\`${words === '' ? '' : `: ${words}`}`
  );
  return [
    `${comment(description, items)}export type ${type} = (typeof ${list})[number];`,
    `/** Every \`${type}\`. */
    export const ${list} = [${Object.keys(values).map(quoted).join(', ')}] as const;`
  ];
}

function quoted(text) {
  return `'${text}'`;
}

function interfaceName(name) {
  return `I${pascalCase(name)}`;
}

function consistent(name) {
  return `consistent${pascalCase(name)}`;
}

/** The fields that TypeScript has, with their names there. */
function fieldsOf({ fields }) {
  return Object.entries(fields)
    .filter(([, field]) => field.typescript !== null)
    .map(([key, field]) => [field.typescript ?? camelCase(key), key, field]);
}

function record(wire, [name, each]) {
  const base = each.extends ? ` extends ${interfaceName(each.extends)}` : '';
  const lines = fieldsOf(each).map(([own, , field]) => {
    const mark = isLeftOut(wire, field) ? '?' : '';
    return `${comment(field.description ?? '')}readonly ${own}${mark}: ${fieldType(wire, field)};`;
  });
  return `${comment(each.description)}export interface ${interfaceName(name)}${base} {\n${lines.join('\n')}\n}`;
}

/** Whether a field that may be absent on the wire has no null to say so here. */
function isLeftOut(wire, field) {
  const { isNullable, isList } = typeOf(wire, field);
  return Boolean(field.optional) && !isNullable && !isList;
}

function fieldType(wire, field) {
  const { isNullable, isList } = typeOf(wire, field);
  const item = itemType(wire, field);
  const isNull = isNullable || field.typescript_null;
  return isList ? `readonly ${item}[]` : isNull ? `${item} | null` : item;
}

function itemType(wire, field) {
  const { base, sort } = typeOf(wire, field);
  switch (sort) {
    case 'text':
      return 'string';
    case 'flag':
      return 'boolean';
    case 'version':
      return 'readonly [number, number]';
    case 'record':
      return interfaceName(base);
    case 'enum':
      return wire.enums[base].is_open ? 'string' : pascalCase(base);
    default:
      return 'number';
  }
}

/** The requests as JSON holds them, which is how they are sent. */
function requests(wire) {
  const { description, operations } = wire.requests;
  const members = Object.entries(operations).map(([name, operation]) => {
    const fields = Object.entries(operation.fields).map(
      ([key, field]) =>
        `${comment(field.description ?? '')}readonly ${key}${field.optional ? '?' : ''}: ${fieldType(wire, field)};`
    );
    return `${comment(operation.description)}| { readonly op: '${name}'; ${fields.join('\n')} }`;
  });
  return `${comment(description)}export type AgentRequest = { readonly viewer?: string } & (\n${members.join('\n')}\n);`;
}

function decoder(wire, [name, each]) {
  const type = interfaceName(name);
  const inherited = each.extends
    ? `...decode${pascalCase(each.extends)}(field), `
    : '';
  const fields = fieldsOf(each).map(([own, key, field]) => {
    const value = `field.key('${key}')`;
    return isLeftOut(wire, field)
      ? `...ifKnown('${own}', ${value}.orNull(each => ${plain(wire, 'each', field)}))`
      : `${own}: ${read(wire, value, field)}`;
  });
  const value = `{ ${inherited}${fields.join(', ')} }`;
  const body = each.made_consistent ? `${consistent(name)}(${value})` : value;
  return `export function decode${pascalCase(name)}(field: Field): ${type} { return ${body}; }`;
}

function read(wire, value, field) {
  const { isList } = typeOf(wire, field);
  if (!isList) {
    return readOne(wire, value, field);
  }
  const many = field.keeps === 'latest' ? 'latest' : 'list';
  const method = field.optional ? `${many}OrEmpty` : many;
  const most = `LIMITS.${camelCase(field.most)}`;
  const list = `${value}.${method}(${most}, ${itemReader(wire, field)})`;
  return field.distinct
    ? `distinct(${list}, each => each.${camelCase(field.distinct)})`
    : list;
}

function itemReader(wire, field) {
  const { base, sort } = typeOf(wire, field);
  return sort === 'record'
    ? `decode${pascalCase(base)}`
    : `each => ${plain(wire, 'each', field)}`;
}

function readOne(wire, value, field) {
  const { base, sort, isNullable } = typeOf(wire, field);
  if (sort === 'record') {
    return isNullable
      ? `${value}.orNull(decode${pascalCase(base)})`
      : `decode${pascalCase(base)}(${value})`;
  }
  if (!isNullable) {
    return plain(wire, value, field);
  }
  return (
    nullable(wire, value, field) ??
    `${value}.orNull(each => ${plain(wire, 'each', field)})`
  );
}

/** What takes everything that makes no sense for unknown. */
function nullable(wire, value, field) {
  const { base, sort } = typeOf(wire, field);
  switch (sort) {
    case 'whole':
    case 'positive':
    case 'version':
      return `${value}.${sort}OrNull()`;
    case 'text':
      return base === 'data'
        ? null
        : `${value}.textOrNull(LIMITS.${base}Length)`;
    case 'enum':
      return wire.enums[base].is_open
        ? `${value}.textOrNull(LIMITS.idLength)`
        : null;
    default:
      return null;
  }
}

function plain(wire, value, field) {
  const { base, sort } = typeOf(wire, field);
  switch (sort) {
    case 'text':
      return `${value}.${base === 'data' ? 'raw' : 'text'}(LIMITS.${base}Length)`;
    case 'enum':
      return `${value}.oneOf(${constantCase(base)}S)`;
    default:
      return `${value}.${sort}()`;
  }
}
