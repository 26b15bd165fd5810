import type { Field } from '../../core/wire/decode';
import { read } from './decode';
import { RoomError, withoutPermission } from './errors';

/** Where a Jupyter server answers. */
export interface IServerAddress {
  /** Such as `http://localhost:8888/`. */
  readonly url: string;
  /** Empty where the server wants none. */
  readonly token: string;
}

/** A running server of this machine, as its runtime file describes it. */
export interface IServer extends IServerAddress {
  readonly pid: number;
  /** The folder that its paths are relative to. */
  readonly rootFolder: string;
  readonly hasPassword: boolean;
  /** Whether it started this very process. */
  readonly isOwn: boolean;
}

const MAX_TEXT = 4096;

/**
 * The server to talk to: the one that started this process, or else the only one.
 *
 * @throws RoomError `no-server` or `several-servers`
 */
export async function findServer(): Promise<IServer> {
  const servers = await listServers();
  const own = servers.find(({ isOwn }) => isOwn);
  if (own) {
    return own;
  }
  const [only, ...others] = servers;
  if (!only) {
    throw new RoomError(
      'no-server',
      'No Jupyter server of yours runs on this machine. Start one, or name one: connect({ url, token }).'
    );
  }
  if (others.length > 0) {
    const urls = servers.map(({ url }) => url).join(', ');
    throw new RoomError(
      'several-servers',
      `Several Jupyter servers run on this machine: ${urls}. Name one of them: connect({ url, token }).`
    );
  }
  return only;
}

/** Every server of this person on this machine that still answers. */
export async function listServers(): Promise<IServer[]> {
  const folder = runtimeFolder();
  const servers: IServer[] = [];
  for (const name of await runtimeFiles(folder)) {
    const server = await readServer(`${folder}/${name}`);
    // A server that was killed leaves its file behind.
    if (server && (server.isOwn || (await answers(server.url)))) {
      servers.push(server);
    }
  }
  return servers;
}

/** Where Jupyter servers leave their files. */
export function runtimeFolder(): string {
  const named = env('JUPYTER_RUNTIME_DIR');
  return named ?? `${env('JUPYTER_DATA_DIR') ?? dataFolder()}/runtime`;
}

function dataFolder(): string {
  const home = env('HOME') ?? env('USERPROFILE') ?? '.';
  switch (Deno.build.os) {
    case 'darwin':
      return `${home}/Library/Jupyter`;
    case 'windows':
      return `${env('APPDATA') ?? home}/jupyter`;
    default:
      return `${env('XDG_DATA_HOME') ?? `${home}/.local/share`}/jupyter`;
  }
}

/** The value of an environment variable; null where it is unset, empty or out of bounds. */
export function env(name: string): string | null {
  try {
    return Deno.env.get(name) || null;
  } catch {
    return null;
  }
}

async function runtimeFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/^(jpserver|nbserver)-\d+\.json$/.test(name)) {
        names.push(name);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw withoutPermission(error, `--allow-read=${folder}`);
    }
  }
  return names.sort();
}

async function readServer(path: string): Promise<IServer | null> {
  try {
    return read(JSON.parse(await Deno.readTextFile(path)), parseServer);
  } catch {
    // It ended meanwhile, or it is another program's file.
    return null;
  }
}

function parseServer(file: Field): IServer {
  const pid = file.key('pid').whole();
  const parent = Number(env('JPY_PARENT_PID')) || null;
  return {
    url: file.key('url').text(MAX_TEXT),
    token: file.key('token').raw(MAX_TEXT),
    pid,
    rootFolder: file.key('root_dir').textOrNull(MAX_TEXT) ?? '',
    hasPassword: file.key('password').flag(),
    isOwn: pid === parent || pid === parentPid()
  };
}

function parentPid(): number | null {
  try {
    return Deno.ppid;
  } catch {
    return null;
  }
}

/** Whether anything answers there; what it is does not matter yet. */
async function answers(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2000);
    const response = await fetch(new URL('api', url), { signal });
    await response.body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw withoutPermission(error, `--allow-net=${new URL(url).host}`);
    }
    return false;
  }
}
