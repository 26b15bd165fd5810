import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { sentenceOf } from '../core/text/translation';
import { bytesOf } from '../core/wire/usage';
import type { IGpuProcess } from '../core/wire/generated';
import { formatBytes } from '../core/text/units';
import type { IServerKernels, IServerKernel } from '../model/server/tokens';
import type { IKernelActions } from '../views/processes/kernelactions';
import { kernelName, processName } from '../views/processes/processwords';
import { isConfirmed } from './dialogs';

/** What the actions need of the application. */
export interface IKernelActionsContext {
  readonly app: JupyterFrontEnd;
  readonly serverKernels: IServerKernels;
  readonly trans: TranslationBundle;
}

/** What a person can do to kernels and processes; whatever ends something asks first. */
export function kernelActions(context: IKernelActionsContext): IKernelActions {
  const { trans } = context;
  return {
    clear: kernel =>
      void told(context.serverKernels.clear(kernel.kernelId), trans),
    // Notebook 7 has no consoles beside a notebook.
    canOpen: ({ sessionType }) =>
      context.app.commands.hasCommand(OPENERS[sessionType] ?? ''),
    open: kernel => void told(open(kernel, context), trans),
    shutDown: kernel => void told(shutDown(kernel, context), trans),
    readOnce: kernel => void context.serverKernels.readOnce(kernel.kernelId),
    stop: (process, force) => void told(stop(process, force, context), trans)
  };
}

/** Say what went wrong, or the sentence that an action has to say. */
async function told(
  action: Promise<string | null>,
  trans: TranslationBundle
): Promise<void> {
  const sentence = await action.catch((reason: unknown) =>
    sentenceOf(reason)(trans)
  );
  if (sentence !== null) {
    Notification.warning(sentence, { autoClose: 5000 });
  }
}

/** The command that opens a session, by its type. */
const OPENERS: Readonly<Record<string, string | undefined>> = {
  notebook: 'docmanager:open',
  console: 'console:open'
};

async function open(
  kernel: IServerKernel,
  { app }: IKernelActionsContext
): Promise<string | null> {
  const command = OPENERS[kernel.sessionType];
  if (command !== undefined) {
    await app.commands.execute(command, { path: kernel.path });
  }
  return null;
}

async function shutDown(
  kernel: IServerKernel,
  { app, trans }: IKernelActionsContext
): Promise<string | null> {
  const isMeant = await isConfirmed(
    {
      title: trans.__('Shut down the kernel?'),
      body: trans.__(
        'Do you want to shut down the kernel of %1? All variables will be lost.',
        kernel.names.join(', ')
      ),
      accept: trans.__('Shut Down')
    },
    trans
  );
  if (isMeant) {
    await app.serviceManager.kernels.shutdown(kernel.kernelId);
    await app.serviceManager.sessions.refreshRunning();
  }
  return null;
}

async function stop(
  process: IGpuProcess,
  force: boolean,
  { serverKernels, trans }: IKernelActionsContext
): Promise<string | null> {
  const name = processName(process, serverKernels.kernels, trans);
  const isMeant = await isConfirmed(
    {
      title: force
        ? trans.__('Kill %1 (PID %2)?', name, process.pid)
        : trans.__('Stop %1 (PID %2)?', name, process.pid),
      body: stopText(process, force, trans),
      accept: force ? trans.__('Kill') : trans.__('Stop')
    },
    trans
  );
  if (!isMeant) {
    return null;
  }
  const report = await serverKernels.stop(process, force);
  return report.hasEnded
    ? null
    : trans.__(
        '%1 (PID %2) was asked to end and is still running. In a few seconds it can be killed.',
        name,
        process.pid
      );
}

/** What dies, and what is lost with it. */
function stopText(
  process: IGpuProcess,
  force: boolean,
  trans: TranslationBundle
): string {
  const bytes = bytesOf(process);
  const held =
    bytes === null
      ? trans.__('It belongs to %1.', process.user ?? '–')
      : trans.__(
          'It belongs to %1 and holds %2.',
          process.user ?? '–',
          formatBytes(bytes)
        );
  const consequence = force
    ? trans.__('It ends at once, without saving anything.')
    : trans.__('It is asked to end. What it has not saved is lost.');
  return [process.command ?? '', held, consequence].join('\n\n').trim();
}

/** Whether the server may drop what it keeps of a kernel's output for a browser that is offline. */
export async function mayDropOutput(
  kernel: IServerKernel,
  trans: TranslationBundle
): Promise<boolean> {
  return isConfirmed(
    {
      title: trans.__('Connect to %1?', kernelName(kernel)),
      body: trans.__(
        'No client is connected to this kernel. The server may be keeping its output for a browser that is offline, closed, or asleep. If you connect, the server drops it: that browser will miss what the kernel printed meanwhile, and what it prints until that browser is back.'
      ),
      accept: trans.__('Connect and Drop')
    },
    trans
  );
}
