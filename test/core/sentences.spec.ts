import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = path.resolve(__dirname, '../../src');

/** All sources whose words go through JupyterLab's translation; the control room has none. */
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf-8' })
  .filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
  .filter(name => !name.startsWith('deno'))
  .map(name => {
    const text = readFileSync(path.join(SRC, name), 'utf-8');
    const kind = name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
    return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
  });

/** Attributes whose text a person reads or hears. */
const READ = ['title', 'aria-label', 'placeholder', 'label', 'alt'];

interface IFound {
  /** Words that a person reads and no translator sees. */
  readonly untranslated: string[];
  /** What is passed to the translator as a sentence. */
  readonly sentences: { text: string | null; args: number; where: string }[];
}

function nodesOf(file: ts.SourceFile): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function textOf(node: ts.Node | undefined): string | null {
  return node && ts.isStringLiteralLike(node) ? node.text : null;
}

function isSentence(node: ts.Node | undefined): boolean {
  return (
    node !== undefined &&
    (ts.isTemplateExpression(node) || /[A-Za-z]/.test(textOf(node) ?? ''))
  );
}

function isUntranslated(node: ts.Node): boolean {
  if (ts.isJsxText(node)) {
    return /[A-Za-z]/.test(node.text);
  }
  if (ts.isJsxAttribute(node)) {
    return (
      READ.includes(node.name.getText()) &&
      /[A-Za-z]/.test(textOf(node.initializer) ?? '')
    );
  }
  return (
    ts.isNewExpression(node) &&
    /Error$/.test(node.expression.getText()) &&
    isSentence(node.arguments?.[0])
  );
}

/** The sentences of `trans.__(...)` and the two of `trans._n(...)`. */
function sentencesOf(node: ts.Node): { node: ts.Node; args: number }[] {
  if (
    !ts.isCallExpression(node) ||
    !ts.isPropertyAccessExpression(node.expression) ||
    !/(^|\.)_?trans(late)?$/.test(node.expression.expression.getText())
  ) {
    return [];
  }
  const { arguments: args, expression } = node;
  switch (expression.name.text) {
    case '__':
      return args.slice(0, 1).map(each => ({
        node: each,
        args: args.slice(1).some(ts.isSpreadElement)
          ? Infinity
          : args.length - 1
      }));
    case '_n':
      return args
        .slice(0, 2)
        .map(each => ({ node: each, args: args.length - 2 }));
    default:
      return [];
  }
}

const FOUND: IFound = { untranslated: [], sentences: [] };
for (const file of FILES) {
  for (const node of nodesOf(file)) {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    const where = `${file.fileName}:${line + 1}`;
    if (isUntranslated(node)) {
      FOUND.untranslated.push(`${where} ${node.getText().trim()}`);
    }
    for (const each of sentencesOf(node)) {
      const text = textOf(each.node);
      FOUND.sentences.push({ text, args: each.args, where });
    }
  }
}

describe('The sentences that a person reads', () => {
  it('should all go through the translator, those of errors too', () => {
    expect(FILES.length).toBeGreaterThan(200);
    expect(FOUND.untranslated).toEqual([]);
  });

  it('should stand as literals, so that they can be collected for translators', () => {
    expect(FOUND.sentences.length).toBeGreaterThan(500);
    const made = FOUND.sentences.filter(({ text }) => text === null);
    expect(made.map(({ where }) => where)).toEqual([]);
  });

  it('should have a value for each of their places', () => {
    const short = FOUND.sentences.filter(({ text, args }) =>
      [...(text ?? '').matchAll(/%(\d)/g)].some(([, n]) => Number(n) > args)
    );
    expect(short.map(({ where, text }) => `${where} ${text}`)).toEqual([]);
  });

  it('should be spelled as in American English', () => {
    const british =
      /colour|behaviour|neighbour|\b(un)?(initiali|normali|recogni|optimi|quanti|seriali|summari|organi)s(e|ed|es|ing|ation)\b|cancelled|labelled|licence|centre|favour|grey\b/i;
    const found = FOUND.sentences.filter(({ text }) =>
      british.test(text ?? '')
    );
    expect(found.map(({ where, text }) => `${where} ${text}`)).toEqual([]);
  });
});
