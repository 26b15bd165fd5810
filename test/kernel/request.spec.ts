// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { version } from '../../package.json';
import { parseMessage } from '../../src/core/wire/parse';
import type { AgentRequest } from '../../src/core/wire/generated';
import { SCHEMA_VERSION } from '../../src/core/wire/generated';
import {
  answerIn,
  requestExpression,
  saysMissing
} from '../../src/kernel/request';
import { agentSources, archiveOf } from '../../src/kernel/source';
import type { IEvaluated } from './delivery';
import { evaluate } from './delivery';

const CLEAR: AgentRequest = { op: 'clear' };

/** An agent in the kernel's environment that says what it was asked. */
const ECHO = `
import sys, types
class Reply:
    def __init__(self, request):
        self.request = request
    def _repr_mimebundle_(self):
        return {"application/vnd.jupyterlab-vram+json": {"kind": "echo", "request": self.request}}
agent = types.ModuleType("jupyterlab_vram.frontend")
agent.SCHEMA_VERSION = ${SCHEMA_VERSION}
agent.handle = Reply
sys.modules["jupyterlab_vram.frontend"] = agent
`;

const OLDER = `
import sys, types
for name in ("jupyterlab_vram", "jupyterlab_vram.frontend", "jupyterlab_vramble"):
    sys.modules[name] = types.ModuleType(name)
agent = sys.modules["jupyterlab_vram.frontend"]
agent.SCHEMA_VERSION = ${SCHEMA_VERSION - 1}
agent.handle = None
agent.stop = lambda: sys.modules.update(stopped=types.ModuleType("stopped"))
`;

const STATE = `(lambda sys: type('State', (), {'_repr_mimebundle_': lambda self: {
  'stopped': 'stopped' in sys.modules,
  'neighbour': 'jupyterlab_vramble' in sys.modules,
  'finders': [type(each).__name__ for each in sys.meta_path if type(each).__module__ == 'jupyterlab_vram'],
}})())(__import__('sys'))`;

function answers(evaluated: readonly IEvaluated[]): unknown[] {
  return evaluated.map(({ entry }) => answerIn(entry));
}

describe('requestExpression()', () => {
  let bootstrap: string;
  let archive: string;

  const expressionFor = (
    request: AgentRequest,
    delivered: string | null
  ): string => requestExpression(request, bootstrap, delivered);

  beforeEach(async () => {
    const sources = await agentSources();
    bootstrap = sources['agent/bootstrap.py'];
    archive = await archiveOf(sources);
  });

  it('should be answered with missing where the agent is not installed', () => {
    const [first] = evaluate([expressionFor(CLEAR, null)]);
    expect(first?.entry.status).toBe('ok');
    expect(saysMissing(answerIn(first?.entry))).toBe(true);
  });

  it('should bind no name and raise nothing, with or without an archive', () => {
    const evaluated = evaluate([
      expressionFor(CLEAR, null),
      expressionFor(CLEAR, 'no archive'),
      expressionFor(CLEAR, archive)
    ]);
    expect(evaluated.map(({ names }) => names)).toEqual([[], [], []]);
    expect(evaluated.some(({ traceback }) => traceback)).toBe(false);
  });

  it('should depend on no name of the person, whatever they named', () => {
    const [missing, delivered, asked] = evaluate(
      [
        expressionFor(CLEAR, null),
        expressionFor(CLEAR, archive),
        expressionFor(CLEAR, null)
      ],
      '',
      true
    );
    expect(saysMissing(answerIn(missing?.entry))).toBe(true);
    for (const each of [delivered, asked]) {
      expect(parseMessage(answerIn(each?.entry)).ok).toBe(true);
      expect(each?.names).toEqual([]);
    }
  });

  it('should deliver an agent that stays and answers from then on', () => {
    const [delivered, asked] = answers(
      evaluate([expressionFor(CLEAR, archive), expressionFor(CLEAR, null)])
    );
    for (const answer of [delivered, asked]) {
      const parsed = parseMessage(answer);
      // There is no IPython here: the agent runs, and refuses.
      expect(parsed).toMatchObject({
        ok: true,
        message: { kind: 'refused', agentVersion: version }
      });
      expect(parsed.ok && parsed.message.reason).toContain('IPython');
    }
  });

  it('should say missing where an archive is broken, and take the next one', () => {
    const [broken, sound] = answers(
      evaluate([
        expressionFor(CLEAR, archive.slice(0, 400)),
        expressionFor(CLEAR, archive)
      ])
    );
    expect(saysMissing(broken)).toBe(true);
    expect(parseMessage(sound).ok).toBe(true);
  });

  it('should say missing where the installed agent speaks another schema', () => {
    const [answer] = answers(evaluate([expressionFor(CLEAR, null)], OLDER));
    expect(saysMissing(answer)).toBe(true);
  });

  it('should replace such an agent, stop it and leave its neighbors alone', () => {
    const deliver = expressionFor(CLEAR, archive);
    const evaluated = evaluate([deliver, deliver, STATE], OLDER);
    const [first, second] = answers(evaluated);
    expect(parseMessage(first).ok).toBe(true);
    expect(parseMessage(second).ok).toBe(true);
    expect(evaluated[2]?.entry.data).toEqual({
      stopped: true,
      neighbour: true,
      finders: ['Finder']
    });
  });

  it('should prefer the agent of the kernel to the archive', () => {
    const [answer] = answers(evaluate([expressionFor(CLEAR, archive)], ECHO));
    expect(answer).toMatchObject({ kind: 'echo' });
  });

  it.each([
    ['quotes', `a'b"c\\"d'''e"""`],
    ['line ends and nothing', 'a\nb\r\u2028c\u0000d\\n'],
    ['other scripts', 'ä€😀\u202e'],
    ['half a pair', 'a\ud800b'],
    ['Python', `"})(__import__('os').system('true'))`]
  ])('should carry %s unchanged', (_, viewer) => {
    const request: AgentRequest = { op: 'detach', viewer };
    const [answer] = answers(evaluate([expressionFor(request, null)], ECHO));
    const { request: text } = answer as { request: string };
    expect(JSON.parse(text)).toEqual(request);
  });
});

describe('answerIn()', () => {
  const type = 'application/vnd.jupyterlab-vram+json';

  it('should find the answer', () => {
    const entry = { status: 'ok', data: { [type]: { kind: 'done' } } };
    expect(answerIn(entry)).toEqual({ kind: 'done' });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'ok'],
    ['an error', { status: 'error', ename: 'E', data: { [type]: {} } }],
    ['no data', { status: 'ok' }],
    ['data of null', { status: 'ok', data: null }],
    ['other data', { status: 'ok', data: { 'text/plain': '1' } }]
  ])('should be null for %s', (_, entry) => {
    expect(answerIn(entry)).toBeNull();
  });
});

describe('saysMissing()', () => {
  it('should tell missing from every other answer', () => {
    expect(saysMissing({ schema: SCHEMA_VERSION, kind: 'missing' })).toBe(true);
    for (const answer of [null, 'missing', { kind: 'refused' }, undefined]) {
      expect(saysMissing(answer)).toBe(false);
    }
  });
});
