import { TranslatedError } from '../core/text/translation';
import agentUrl from '../../jupyterlab_vram/__init__.py?agent';

const BOOTSTRAP = 'agent/bootstrap.py';

/** The files of the kernel agent, the very ones that the Python package installs. */
export interface IAgentSources {
  readonly [name: string]: string;
  /** What finds, or delivers, the agent; the file says what it expects. */
  readonly [BOOTSTRAP]: string;
}

let loading: Promise<IAgentSources> | null = null;

/**
 * The agent, loaded once for all kernels of the page.
 *
 * @throws Error if it could not be loaded; the next call tries again
 */
export function agentSources(): Promise<IAgentSources> {
  if (loading === null) {
    loading = load();
    loading.catch(() => {
      loading = null;
    });
  }
  return loading;
}

/**
 * The agent for kernels whose environment lacks the package: JSON, compressed (zlib) and in base64.
 *
 * The bootstrap is not in it, since it comes with every request.
 */
export async function archiveOf(sources: IAgentSources): Promise<string> {
  const files = { ...sources, [BOOTSTRAP]: undefined };
  return toBase64(await deflate(JSON.stringify(files)));
}

async function load(): Promise<IAgentSources> {
  const response = await fetch(agentUrl);
  if (!response.ok) {
    throw new TranslatedError(trans =>
      trans.__('The agent could not be loaded')
    );
  }
  return (await response.json()) as IAgentSources;
}

async function deflate(text: string): Promise<Uint8Array> {
  const stream = new Blob([text])
    .stream()
    .pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}
