import type { Field } from './decode';
import { LIMITS } from './limits';
import type {
  IGpu,
  IGpuProcess,
  IGpuShare,
  IStopReport,
  ISurvey
} from './survey';

const STATES = [
  'ok',
  'no-tool',
  'no-driver',
  'no-devices',
  'mismatch',
  'no-permission',
  'lost',
  'timeout',
  'failed'
] as const;

const KINDS = ['compute', 'graphics', 'both'] as const;
const LEFTOVERS = ['orphan', 'unowned'] as const;
const SIGNALS = ['SIGTERM', 'SIGKILL'] as const;

/** Read one survey; of GPUs with the same UUID, and processes with the same PID, the first counts. */
export function parseSurvey(survey: Field): ISurvey {
  const gpus = survey.key('gpus').list(LIMITS.devices, parseGpu);
  const processes = survey
    .key('processes')
    .list(LIMITS.processes, parseProcess);
  return {
    timeSeconds: survey.key('time').seconds(),
    state: survey.key('state').oneOf(STATES),
    detail: survey.key('detail').text(LIMITS.textLength),
    gpus: distinct(gpus, gpu => gpu.uuid),
    processes: distinct(processes, process => process.pid)
  };
}

/** Read what a request to stop a process led to. */
export function parseStopReport(report: Field): IStopReport {
  return {
    signal: report.key('signal').oneOf(SIGNALS),
    hasEnded: report.key('has_ended').flag(),
    graceSeconds: report.key('grace_s').seconds()
  };
}

function parseGpu(gpu: Field): IGpu {
  return {
    uuid: gpu.key('uuid').text(LIMITS.idLength),
    parentUuid: gpu.key('parent_uuid').textOrNull(LIMITS.idLength),
    index: gpu.key('index').whole(),
    name: gpu.key('name').textOrNull(LIMITS.nameLength),
    // A GPU of size 0 is one that could not be asked.
    totalBytes: gpu.key('total_bytes').wholeOrNull() || null,
    usedBytes: gpu.key('used_bytes').wholeOrNull(),
    isListed: gpu.key('is_listed').flag(),
    otherBytes: gpu.key('other_bytes').wholeOrNull()
  };
}

function parseProcess(process: Field): IGpuProcess {
  return {
    pid: process.key('pid').whole(),
    kind: process.key('kind').oneOf(KINDS),
    shares: distinct(
      process.key('shares').list(LIMITS.devices, parseShare),
      share => share.uuid
    ),
    isVisible: process.key('is_visible').flag(),
    user: process.key('user').textOrNull(LIMITS.nameLength),
    command: process.key('command').textOrNull(LIMITS.textLength),
    program: process.key('program').textOrNull(LIMITS.textLength),
    startedSeconds: process.key('started_s').orNull(time => time.seconds()),
    isOwn: process.key('is_own').flag(),
    isKernel: process.key('is_kernel').flag(),
    kernelId: process.key('kernel_id').textOrNull(LIMITS.idLength),
    kernelPid: process.key('kernel_pid').wholeOrNull(),
    notebook: process.key('notebook').textOrNull(LIMITS.textLength),
    leftover: process.key('leftover').orNull(left => left.oneOf(LEFTOVERS)),
    identity: process.key('identity').textOrNull(LIMITS.idLength),
    whyNot: process.key('why_not_stoppable').textOrNull(LIMITS.idLength)
  };
}

function parseShare(share: Field): IGpuShare {
  return {
    uuid: share.key('uuid').text(LIMITS.idLength),
    // A process that is listed holds something.
    usedBytes: share.key('used_bytes').wholeOrNull() || null
  };
}

function distinct<T>(items: readonly T[], key: (item: T) => unknown): T[] {
  const byKey = new Map<unknown, T>();
  for (const item of items) {
    if (!byKey.has(key(item))) {
      byKey.set(key(item), item);
    }
  }
  return [...byKey.values()];
}
