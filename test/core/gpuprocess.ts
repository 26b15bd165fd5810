import type { IGpuProcess } from '../../src/core/wire/generated';

/** A process with number 77 that nothing more is known of, but for what `change` says. */
export function gpuProcess(change: Partial<IGpuProcess> = {}): IGpuProcess {
  return {
    pid: 77,
    kind: 'compute',
    shares: [],
    isVisible: true,
    user: null,
    command: null,
    program: null,
    startedSeconds: null,
    isOwn: false,
    isKernel: false,
    kernelId: null,
    kernelPid: null,
    notebook: null,
    leftover: null,
    identity: '0123456789abcdef0123456789abcdef',
    whyNot: null,
    ...change
  };
}
