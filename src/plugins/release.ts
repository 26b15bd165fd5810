import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { IHolder } from '../core/holders';
import { isNotebooksOwn, releaseLine } from '../core/holders';
import type { IMonitor } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { refusal } from '../views/refusal';
import { confirmationBody } from '../views/confirmation';
import { CommandIDs } from './tokens';

const ARGUMENTS = {
  type: 'object',
  properties: {
    names: {
      type: 'array',
      items: { type: 'string' },
      description: 'Names of holders, or all for what the notebook itself holds'
    }
  },
  required: ['names']
} as const;

/** Commands that find out who holds the memory, and make a holder let go. */
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
    app.commands.addCommand(CommandIDs.findHolders, {
      label: trans.__('Find Who Holds GPU Memory'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => monitors.target.monitor?.holdings.ask()
    });
    app.commands.addCommand(CommandIDs.release, {
      label: trans.__('Release GPU Memory…'),
      describedBy: { args: ARGUMENTS },
      execute: async args => {
        const { monitor } = monitors.target;
        const names = namesIn(args.names);
        if (monitor && names.length > 0) {
          await release(names, monitor, monitors, trans);
        }
      }
    });
  }
};

async function release(
  names: readonly string[],
  monitor: IMonitor,
  monitors: IMonitors,
  trans: TranslationBundle
): Promise<void> {
  const refused =
    refusal(monitor, trans) ??
    ((await confirm(names, monitor, trans))
      ? await letGo(names, monitors, trans)
      : null);
  if (refused !== null) {
    Notification.warning(refused, { autoClose: 8000 });
  }
}

/** Returns why it was refused, or null. */
async function letGo(
  names: readonly string[],
  monitors: IMonitors,
  trans: TranslationBundle
): Promise<string | null> {
  try {
    return await monitors.clearQuietly(names);
  } catch (reason) {
    return trans.__(
      'The kernel did not release it: %1',
      reason instanceof Error ? reason.message : String(reason)
    );
  }
}

/** Show what would be run, and whether to run it. */
async function confirm(
  names: readonly string[],
  monitor: IMonitor,
  trans: TranslationBundle
): Promise<boolean> {
  const holders = monitor.holdings.found?.holders ?? [];
  const isAll = names[0] === 'all';
  const chosen = holders.filter(each =>
    isAll ? isNotebooksOwn(each) : names.includes(each.name)
  );
  const lines = isAll ? [releaseLine('all')] : names.map(lineOf(holders));
  const { button } = await showDialog({
    title: isAll
      ? trans.__('Release all that the notebook itself holds?')
      : trans.__('Release %1?', names.join(', ')),
    body: confirmationBody({ lines, holders: chosen, trans }),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Release') })
    ]
  });
  return button.accept;
}

function lineOf(holders: readonly IHolder[]): (name: string) => string {
  return name =>
    holders.find(each => each.name === name)?.release ?? releaseLine(name);
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((each): each is string => typeof each === 'string')
    : [];
}
