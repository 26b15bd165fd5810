import { cleanText } from '../../core/wire/decode';
import { MIB } from '../../core/text/units';
import { RoomError, sentenceOf } from './errors';

/** A GPU of this machine, as its driver tells it. */
export interface IDriverGpu {
  readonly uuid: string;
  readonly index: number;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
}

/** What the driver says of one process on one GPU. */
export interface IDriverUse {
  readonly uuid: string;
  readonly pid: number;
  readonly program: string;
  readonly usedBytes: number | null;
}

/** What `nvidia-smi` said on this machine. */
export interface IDriverAnswer {
  readonly gpus: readonly IDriverGpu[];
  readonly uses: readonly IDriverUse[];
  /** Why there is nothing; null where there is. */
  readonly problem: string | null;
}

const TIMEOUT_MS = 10_000;
const GPU_FIELDS = 'uuid,index,memory.total,memory.used,name';
const APP_FIELDS = 'gpu_uuid,pid,used_memory,process_name';
const NAME_LENGTH = 256;

/**
 * Ask the NVIDIA driver of this machine, without any kernel. Never throws.
 *
 * @param program - the command, `nvidia-smi` by default
 */
export async function askDriver(
  program = 'nvidia-smi'
): Promise<IDriverAnswer> {
  try {
    const [gpus, apps] = await Promise.all([
      query(program, `--query-gpu=${GPU_FIELDS}`),
      query(program, `--query-compute-apps=${APP_FIELDS}`)
    ]);
    return { gpus: parseGpus(gpus), uses: parseUses(apps), problem: null };
  } catch (error) {
    return { gpus: [], uses: [], problem: sentenceFor(error, program) };
  }
}

/** Read lines of `uuid, index, total, used, name`, in MiB. */
export function parseGpus(text: string): IDriverGpu[] {
  return rows(text, 5).flatMap(([uuid, index, total, used, name]) =>
    isWhole(index)
      ? {
          ...{ uuid: bare(uuid), index: Number(index), name: clean(name) },
          totalBytes: mebibytes(total),
          usedBytes: mebibytes(used)
        }
      : []
  );
}

/** Read lines of `gpu_uuid, pid, used, program`, in MiB. */
export function parseUses(text: string): IDriverUse[] {
  return rows(text, 4).flatMap(([uuid, pid, used, program]) =>
    isWhole(pid)
      ? {
          ...{ uuid: bare(uuid), pid: Number(pid), program: clean(program) },
          // A process that is listed has a context at least: 0 is unknown.
          usedBytes: mebibytes(used) || null
        }
      : []
  );
}

async function query(program: string, what: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [what, '--format=csv,noheader,nounits'],
    stdin: 'null',
    stdout: 'piped',
    stderr: 'piped',
    signal: AbortSignal.timeout(TIMEOUT_MS)
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  if (code !== 0) {
    const said = cleanText(`${text} ${decoder.decode(stderr)}`.trim(), 500);
    throw new RoomError('strange-answer', `${program} failed: ${said}`);
  }
  return text;
}

function sentenceFor(error: unknown, program: string): string {
  if (error instanceof Deno.errors.NotFound) {
    return `There is no ${program} on this machine, so its driver could not be asked.`;
  }
  const { NotCapable, PermissionDenied } = Deno.errors;
  if (error instanceof NotCapable || error instanceof PermissionDenied) {
    return `The driver could not be asked: start Deno with --allow-run=${program}.`;
  }
  return sentenceOf(error);
}

/** Fields of each line; the last one takes the rest, commas and all. */
function rows(text: string, count: number): string[][] {
  return text
    .split('\n')
    .map(line => line.trim().split(', '))
    .filter(fields => fields.length >= count)
    .map(fields => [
      ...fields.slice(0, count - 1),
      fields.slice(count - 1).join(', ')
    ]);
}

function isWhole(text: string | undefined): boolean {
  return /^\d{1,9}$/.test(text ?? '');
}

function mebibytes(text: string | undefined): number | null {
  return isWhole(text) ? Number(text) * MIB : null;
}

/** As PyTorch writes it. */
function bare(uuid = ''): string {
  return clean(uuid).replace(/^GPU-/, '');
}

function clean(text = ''): string {
  return cleanText(text, NAME_LENGTH);
}
