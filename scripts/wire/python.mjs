/** Python for the wire format: constants, and types of the dicts that become JSON. */
import { constantCase, pascalCase, typeOf } from './model.mjs';

const NOTE = `
Written by \`\`scripts/wire.mjs\`\` from \`\`src/core/wire/wire.json\`\`: change that, and run it again.
"""

from __future__ import annotations`;

/** The text of jupyterlab_vram/wire.py, before it is formatted. */
export function pythonConstants(wire) {
  const constants = [
    `SCHEMA_VERSION = ${wire.version}`,
    `MIME_TYPE = "${wire.mime_type}"`,
    ...Object.entries(wire.limits.values)
      .filter(([, { agent }]) => agent)
      .map(limit),
    ...Object.entries(wire.constants)
      .filter(([, { agent }]) => agent)
      .map(constant),
    signs(wire.out_of_memory.signs)
  ];
  return [
    `"""The constants of the wire format.\n${NOTE}`,
    constants.join('\n')
  ].join('\n\n');
}

/** The text of jupyterlab_vram/wire_types.py, before it is formatted. */
export function pythonTypes(wire) {
  return [
    `"""The types of what is sent, for type checkers alone: nothing imports them at run time.\n${NOTE}`,
    'from typing import Any, Literal, TypedDict',
    [...Object.entries(wire.enums).map(enumeration), operations(wire)].join(
      '\n'
    ),
    ...Object.entries(wire.records).flatMap(each => record(wire, each))
  ].join('\n\n');
}

/** Comments of at most 100 columns. */
function comment(text, indent = '') {
  if (!text) {
    return '';
  }
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && indent.length + last.length + word.length > 93) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    }
  }
  return lines.map(line => `${indent}#: ${line}\n`).join('');
}

function limit([name, { most, description }]) {
  return `${comment(description)}MAX_${constantCase(name)} = ${most}`;
}

function constant([name, { seconds, mebibytes, share, description }]) {
  const [suffix, value] =
    seconds !== undefined
      ? ['_S', Number.isInteger(seconds) ? `${seconds}.0` : seconds]
      : mebibytes !== undefined
        ? ['_BYTES', `${mebibytes} << 20`]
        : ['', share];
  return `${comment(description)}${constantCase(name)}${suffix} = ${value}`;
}

function signs({ description, words }) {
  const list = words.map(word => `"${word}"`).join(', ');
  return `${comment(`${description} In lower case and without spaces.`)}OOM_SIGNS = (${list})`;
}

function enumeration([name, { description, values }]) {
  return `${comment(description)}${pascalCase(name)} = ${literal(Object.keys(values))}`;
}

function operations({ requests }) {
  return `${comment('What a request may ask for.')}Operation = ${literal(Object.keys(requests.operations))}`;
}

function literal(values) {
  return `Literal[${values.map(value => `"${value}"`).join(', ')}]`;
}

/** One class; or two, the first for the fields that may be absent. */
function record(wire, [name, each]) {
  const fields = Object.entries(each.fields);
  const optional = fields.filter(([, { optional }]) => optional);
  const required = fields.filter(([, { optional }]) => !optional);
  const own = pascalCase(name);
  const base = each.extends ? pascalCase(each.extends) : 'TypedDict';
  if (optional.length === 0) {
    return [classOf(wire, own, base, each.description, required)];
  }
  const words = `What a ${own} may lack.`;
  return [
    classOf(wire, `_${own}`, `${base}, total=False`, words, optional),
    classOf(wire, own, `_${own}`, each.description, required)
  ];
}

function classOf(wire, name, bases, description, fields) {
  const lines = fields.map(
    ([key, field]) =>
      `${comment(field.description, '    ')}    ${key}: ${fieldType(wire, field)}`
  );
  return `class ${name}(${bases}):
    """${description}"""

${lines.join('\n')}
`;
}

function fieldType(wire, field) {
  const { isNullable, isList } = typeOf(wire, field);
  const item = itemType(wire, field);
  return isList ? `list[${item}]` : isNullable ? `${item} | None` : item;
}

function itemType(wire, field) {
  const { base, sort } = typeOf(wire, field);
  switch (sort) {
    case 'text':
      return 'str';
    case 'flag':
      return 'bool';
    case 'seconds':
    case 'number':
      return 'float';
    case 'version':
      return 'list[int]';
    case 'object':
      return 'Any';
    case 'record':
    case 'enum':
      return pascalCase(base);
    default:
      return 'int';
  }
}
