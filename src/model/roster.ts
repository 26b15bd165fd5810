import type { Kernel, KernelSpec, Session } from '@jupyterlab/services';

/** A running Python kernel, and the sessions on it. */
export interface IRosterEntry {
  readonly model: Kernel.IModel;
  /** The paths or names of its sessions; never empty. */
  readonly paths: readonly string[];
  /** The type of its first session; empty without one. */
  readonly type: string;
}

/** What tells of running kernels. */
export interface IRosterSource {
  readonly sessions: Pick<Session.IManager, 'running'>;
  readonly kernels: Pick<Kernel.IManager, 'running'>;
  readonly kernelspecs: Pick<KernelSpec.IManager, 'specs'>;
}

/** All running Python kernels, those of sessions first, by name. */
export function runningKernels(source: IRosterSource): IRosterEntry[] {
  const entries = new Map<string, IRosterEntry>();
  for (const session of source.sessions.running()) {
    const model = session.kernel;
    if (model) {
      const known = entries.get(model.id);
      const path = session.path || session.name;
      entries.set(model.id, {
        model,
        paths: [...(known?.paths ?? []), path],
        type: known?.type ?? session.type
      });
    }
  }
  const ofSessions = [...entries.values()].sort(byName);
  const others = [...source.kernels.running()]
    .filter(model => !entries.has(model.id))
    .map(model => ({ model, paths: [model.name], type: '' }))
    .sort(byName);
  const { specs } = source.kernelspecs;
  return [...ofSessions, ...others].filter(({ model }) =>
    isPython(model, specs)
  );
}

/** A kernel whose language the server does not tell may be Python. */
function isPython(
  model: Kernel.IModel,
  specs: KernelSpec.ISpecModels | null
): boolean {
  const language = specs?.kernelspecs[model.name]?.language;
  return language === undefined || language.toLowerCase() === 'python';
}

function byName(a: IRosterEntry, b: IRosterEntry): number {
  return (a.paths[0] ?? '').localeCompare(b.paths[0] ?? '');
}
