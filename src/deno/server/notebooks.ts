import type { Field } from '../../core/wire/decode';
import { read } from './decode';
import type { Client } from './client';
import { RoomError } from './errors';
import { env } from './servers';
import type { INotebook } from './rows';

const MAX_TEXT = 4096;
const MAX_ITEMS = 1000;

type Kernel = Omit<INotebook, 'path' | 'type' | 'language' | 'isOwn'>;
interface ISession {
  readonly path: string;
  readonly type: 'notebook' | 'console';
  readonly kernelId: string;
}

/** Every running kernel of the server; asks the server alone, and no kernel. */
export async function listNotebooks(
  client: Client,
  rootFolder: string | null
): Promise<INotebook[]> {
  const [sessions, kernels, specs] = await Promise.all([
    client.json('api/sessions').then(value => list(value, parseSession)),
    client.json('api/kernels').then(value => list(value, parseKernel)),
    client.json('api/kernelspecs')
  ]);
  const own = env('JPY_SESSION_NAME');
  return kernels
    .map(kernel => {
      const session = sessions
        .filter(({ kernelId }) => kernelId === kernel.kernelId)
        .sort((one, other) => other.type.localeCompare(one.type))[0];
      const path = session?.path ?? kernel.kernelId;
      return {
        ...kernel,
        path,
        type: session?.type ?? ('kernel' as const),
        language: languageOf(specs, kernel.kernelName),
        isOwn:
          own !== null && session !== undefined && isSame(own, path, rootFolder)
      };
    })
    .sort((one, other) => one.path.localeCompare(other.path));
}

/**
 * The notebook that is called `name`: its path, the end of its path, or its kernel's id.
 *
 * @throws RoomError `no-such-notebook` or `ambiguous-name`
 */
export function findNotebook(
  notebooks: readonly INotebook[],
  name: string
): INotebook {
  if (typeof name !== 'string' || name === '') {
    throw new RoomError(
      'bad-argument',
      'Name a notebook by its path, such as "train.ipynb".'
    );
  }
  const exact = notebooks.filter(
    ({ path, kernelId }) => path === name || kernelId === name
  );
  const found =
    exact.length > 0
      ? exact
      : notebooks.filter(({ path }) => path.endsWith(`/${name}`));
  const [first, ...others] = found;
  if (!first) {
    const names = notebooks.filter(each => !each.isOwn).map(({ path }) => path);
    throw new RoomError(
      'no-such-notebook',
      names.length === 0
        ? `No notebook called ${name} runs; none runs at all.`
        : `No notebook called ${name} runs. These do: ${names.join(', ')}.`
    );
  }
  if (others.length > 0) {
    const names = found.map(each =>
      exact.length > 0 ? `${each.path} (${each.kernelId})` : each.path
    );
    throw new RoomError(
      'ambiguous-name',
      `Several notebooks match ${name}: ${names.join(', ')}. Give more of the path, or the kernel's id.`
    );
  }
  return first;
}

function isSame(own: string, path: string, rootFolder: string | null): boolean {
  return rootFolder === null || rootFolder === ''
    ? own === path || own.endsWith(`/${path}`)
    : own === `${rootFolder.replace(/\/$/, '')}/${path}`;
}

function list<T>(value: unknown, parse: (item: Field) => T): T[] {
  return read(value, field => field.list(MAX_ITEMS, parse));
}

function parseSession(session: Field): ISession {
  const type = session.key('type').textOrNull(MAX_TEXT);
  return {
    path: session.key('path').text(MAX_TEXT),
    type: type === 'notebook' ? type : 'console',
    kernelId: session.key('kernel').key('id').text(MAX_TEXT)
  };
}

function parseKernel(kernel: Field): Kernel {
  const since = kernel.key('last_activity').textOrNull(MAX_TEXT);
  return {
    kernelId: kernel.key('id').text(MAX_TEXT),
    kernelName: kernel.key('name').text(MAX_TEXT),
    state: kernel.key('execution_state').textOrNull(64) ?? 'unknown',
    lastActivityMs: Number(Date.parse(since ?? '')) || null,
    connections: kernel.key('connections').wholeOrNull()
  };
}

/** The language of a kernelspec; null where the server does not know it any more. */
function languageOf(specs: unknown, kernelName: string): string | null {
  return read(specs, answer =>
    answer
      .key('kernelspecs')
      .key(kernelName)
      .orNull(each => each.key('spec').key('language').textOrNull(64))
  );
}
