import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { sentenceOf } from '../core/text/translation';
import type { IReleasePreview, ReleaseGroup } from '../core/wire/generated';
import { RefusedError } from '../kernel/query';
import { previewQuery } from '../kernel/releaserequest';
import type { IWatchedMonitor } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { confirmationBody } from '../views/holders/confirmation';
import { refusal } from '../views/clear/refusal';
import type { IConfirmation } from './dialogs';
import { isConfirmed } from './dialogs';
import { settled } from './settled';
import { CommandIDs } from './tokens';

const ARGUMENTS = {
  type: 'object',
  properties: {
    names: {
      type: 'array',
      items: { type: 'string' },
      description: 'Names of holders'
    },
    groups: {
      type: 'array',
      items: { type: 'string' },
      description:
        'What the notebook itself holds: outputs, tracebacks, or all for both'
    }
  }
} as const;

/** Commands that find the holders of the memory, and release one. */
export const releasePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:release',
  description: 'Adds commands that name the holders of memory and release it.',
  autoStart: true,
  requires: [IMonitors],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    // A second press while the first one's question is still on its way.
    let isReleasing = false;
    app.commands.addCommand(CommandIDs.findHolders, {
      label: trans.__('Find Who Holds GPU Memory'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => monitors.target.monitor?.holdings.ask()
    });
    app.commands.addCommand(CommandIDs.release, {
      label: trans.__('Release GPU Memory…'),
      describedBy: { args: ARGUMENTS },
      execute: async args => {
        const chosen = {
          names: textsIn(args.names),
          groups: textsIn(args.groups).filter(isGroup)
        };
        const kernelId = monitors.target.monitor?.kernelId;
        const isNone = chosen.names.length + chosen.groups.length === 0;
        if (kernelId === undefined || isNone || isReleasing) {
          return;
        }
        isReleasing = true;
        try {
          const refused = await release(chosen, kernelId, monitors, trans);
          if (refused !== null) {
            Notification.warning(refused, { autoClose: 8000 });
          }
        } finally {
          isReleasing = false;
        }
      }
    });
  }
};

/**
 * Ask the kernel what this would do, then the person, then do just that.
 *
 * @returns why nothing was released, or null
 */
async function release(
  chosen: IChosen,
  kernelId: string,
  monitors: IMonitors,
  trans: TranslationBundle
): Promise<string | null> {
  const monitor = monitors.monitorOf(kernelId);
  const whyNot = (): string | null =>
    monitor === null || monitor.isDisposed
      ? trans.__('The kernel is gone.')
      : refusal(monitor, trans);
  const nothing = (reason: string): string =>
    `${reason} ${trans.__('Nothing was released.')}`;
  if (monitor === null) {
    return whyNot();
  }
  await settled(monitor);
  const refused = whyNot();
  if (refused !== null) {
    return refused;
  }
  try {
    const preview = await monitor.ask(
      previewQuery(chosen.names, chosen.groups)
    );
    await settled(monitor);
    const meanwhile = whyNot();
    if (meanwhile !== null) {
      return nothing(meanwhile);
    }
    if (!(await isConfirmed(question(chosen, preview, trans), trans))) {
      return null;
    }
    await settled(monitor);
    const since = whyNot();
    return since === null
      ? await releaseShown(preview, monitor, trans)
      : nothing(since);
  } catch (reason) {
    if (reason instanceof RefusedError) {
      return reason.sentence(trans);
    }
    return (
      whyNot() ??
      trans.__('The kernel could not be asked: %1', sentenceOf(reason)(trans))
    );
  }
}

/** Returns why nothing was done, or null. */
async function releaseShown(
  { token }: IReleasePreview,
  monitor: IWatchedMonitor,
  trans: TranslationBundle
): Promise<string | null> {
  try {
    return await monitor.release(token);
  } catch (reason) {
    return trans.__(
      'The kernel did not say whether it released it: %1',
      sentenceOf(reason)(trans)
    );
  }
}

/** What the person is asked. */
function question(
  { groups }: IChosen,
  preview: IReleasePreview,
  trans: TranslationBundle
): IConfirmation {
  return {
    title: groups.includes('all')
      ? trans.__('Release all that the notebook itself holds?')
      : trans.__('Release %1?', preview.names.join(', ')),
    body: confirmationBody(preview, trans),
    accept: trans.__('Release'),
    focusAccept: true
  };
}

/** What is to be released. */
interface IChosen {
  readonly names: readonly string[];
  readonly groups: readonly ReleaseGroup[];
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((each): each is string => typeof each === 'string')
    : [];
}

function isGroup(name: string): name is ReleaseGroup {
  return name === 'outputs' || name === 'tracebacks' || name === 'all';
}
