import { describe, expect, it } from 'vitest';

import { PlanError, plannableOfText } from '../../../src/core/plan';
import { parsePythonJson } from '../../../src/core/plan/files/pythonjson';
import { LLAMA } from './rows';

describe('parsePythonJson()', () => {
  it.each([
    ['[0.0, Infinity]', [0, Infinity]],
    ['{"a": -Infinity, "b": NaN}', { a: -Infinity, b: null }],
    [
      '{"Infinity": "NaN, Infinity", "b": NaN}',
      { Infinity: 'NaN, Infinity', b: null }
    ],
    ['["a\\"Infinity", Infinity]', ['a"Infinity', Infinity]],
    ['{"a": 1}', { a: 1 }]
  ])('should read %s', (text, value) => {
    expect(parsePythonJson(text)).toEqual(value);
  });

  it.each(['', '{', 'Infinit', '[Infinity', 'NaNNaN', '{Infinity: 1}', '"NaN'])(
    'should refuse %s',
    text => {
      expect(() => parsePythonJson(text)).toThrow(SyntaxError);
    }
  );
});

describe('plannableOfText()', () => {
  const written = (field: string): string =>
    JSON.stringify(LLAMA).replace('{', `{${field}, `);

  it('should read a config with what only Python writes', () => {
    const plain = plannableOfText(JSON.stringify(LLAMA));
    expect(
      plannableOfText(written('"time_step_limit": [0.0, Infinity]'))
    ).toEqual(plain);
    expect(plannableOfText(written('"rope_theta": NaN'))).toEqual(plain);
  });

  it('should name a size that is endless', () => {
    const text = JSON.stringify(LLAMA).replace('2048', 'Infinity');
    expect(() => plannableOfText(text)).toThrow(/`\w+` .*Infinity/);
    expect(() => plannableOfText('{Infinity')).toThrow(PlanError);
  });
});
