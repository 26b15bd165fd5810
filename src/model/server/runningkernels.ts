import type { Kernel, KernelSpec, Session } from '@jupyterlab/services';

import { isPythonLanguage } from '../../kernel/language';

/** A running Python kernel, and the sessions on it. */
export interface IRunningKernel {
  readonly model: Kernel.IModel;
  /** What its sessions are called: paths of notebooks, names of consoles; never empty. */
  readonly names: readonly string[];
  /** The path of its first session, by which that is opened; empty without one. */
  readonly path: string;
  /** The type of its first session; empty without one. */
  readonly type: string;
}

/** Where the list of running kernels comes from. */
export interface IRunningKernelSource {
  readonly sessions: Pick<Session.IManager, 'running'>;
  readonly kernels: Pick<Kernel.IManager, 'running'>;
  readonly kernelspecs: Pick<KernelSpec.IManager, 'specs'>;
}

/** All running Python kernels, those of sessions first, by name. */
export function runningKernels(source: IRunningKernelSource): IRunningKernel[] {
  const entries = new Map<string, IRunningKernel>();
  for (const session of notebooksFirst(source.sessions)) {
    const model = session.kernel;
    if (model) {
      const known = entries.get(model.id);
      entries.set(model.id, {
        model,
        names: [...(known?.names ?? []), nameOf(session)],
        path: known?.path ?? session.path,
        type: known?.type ?? session.type
      });
    }
  }
  const ofSessions = [...entries.values()].sort(byName);
  const others = [...source.kernels.running()]
    .filter(model => !entries.has(model.id))
    .map(model => ({ model, names: [model.name], path: '', type: '' }))
    .sort(byName);
  const { specs } = source.kernelspecs;
  return [...ofSessions, ...others].filter(({ model }) =>
    isPython(model, specs)
  );
}

/** A console that is attached to a notebook must not name its kernel. */
function notebooksFirst(
  sessions: IRunningKernelSource['sessions']
): Session.IModel[] {
  const all = [...sessions.running()];
  const isNotebook = ({ type }: Session.IModel): boolean => type === 'notebook';
  return [
    ...all.filter(isNotebook),
    ...all.filter(session => !isNotebook(session))
  ];
}

/**
 * The path of a notebook is its name. The path of a console ends with a UUID,
 * and its name is what stands on its tab.
 */
function nameOf({ name, path, type }: Session.IModel): string {
  return (type === 'notebook' ? path || name : name || path) || type;
}

/** A kernel whose language the server does not tell may be Python. */
function isPython(
  model: Kernel.IModel,
  specs: KernelSpec.ISpecModels | null
): boolean {
  const language = specs?.kernelspecs[model.name]?.language;
  return language === undefined || isPythonLanguage(language);
}

function byName(a: IRunningKernel, b: IRunningKernel): number {
  return (a.names[0] ?? '').localeCompare(b.names[0] ?? '');
}
