import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  ISessionContextDialogs,
  Notification,
  SessionContextDialogs
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { sentenceOf } from '../core/text/translation';
import type { ICellRecord } from '../core/wire/generated';
import { clearMemory } from '../core/cells/snippets';
import type { IMonitor, IWatchedMonitor } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import type { ClearHow } from '../views/shared/actions';
import { refusal } from '../views/clear/refusal';
import { codeDigest, isRunOf } from './codedigest';
import { insertAndRun, insertCell } from './insertion';
import { isPython, takesPython } from './language';
import { ISettingsStore } from './settings';
import { settled } from './settled';
import type { KernelWidget } from './tokens';
import { CommandIDs, IActiveDocument } from './tokens';

/** What clearing needs of the application. */
interface IContext {
  readonly shell: JupyterFrontEnd.IShell;
  readonly monitors: IMonitors;
  readonly active: IActiveDocument;
  readonly dialogs: ISessionContextDialogs;
  readonly trans: TranslationBundle;
}

const ARGUMENTS = {
  type: 'object',
  properties: {
    how: {
      type: 'string',
      description:
        'insert-and-run, quietly, insert-only or restart; the settings decide if left out'
    },
    document: {
      type: 'string',
      description:
        'The id of the widget of a notebook or console; the active one if left out'
    }
  }
} as const;

/** The command behind the button: gives the active kernel's GPU memory back. */
export const clearPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:clear',
  description: 'Adds the command that clears GPU memory.',
  autoStart: true,
  requires: [IMonitors, IActiveDocument, ISettingsStore],
  optional: [ISessionContextDialogs, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    active: IActiveDocument,
    store: ISettingsStore,
    dialogs: ISessionContextDialogs | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const context: IContext = {
      shell: app.shell,
      monitors,
      active,
      dialogs:
        dialogs ??
        new SessionContextDialogs({ translator: translator ?? undefined }),
      trans
    };
    // A second click while the first one's cell is still on its way.
    let isClearing = false;
    app.commands.addCommand(CommandIDs.clear, {
      label: args => labelOf(args.how, trans),
      caption: trans.__(
        'Collect cycles, then empty the caches of the active kernel'
      ),
      describedBy: { args: ARGUMENTS },
      isEnabled: args =>
        args.how === 'restart' || takesPython(active, monitors),
      execute: async args => {
        if (isClearing) {
          return;
        }
        isClearing = true;
        try {
          const how = isClearHow(args.how)
            ? args.how
            : store.settings.clearAction;
          const refused = await clear(how, args.document, context);
          if (refused !== null) {
            Notification.warning(refused, { autoClose: 5000 });
          }
        } finally {
          isClearing = false;
        }
      }
    });
    app.commands.addCommand(CommandIDs.retry, {
      label: trans.__('Connect to the Kernel Again'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => monitors.target.monitor?.retry()
    });
    for (const how of [undefined, 'quietly', 'insert-only']) {
      palette?.addItem({
        command: CommandIDs.clear,
        category: trans.__('GPU Memory'),
        args: how ? { how } : {}
      });
    }
  }
};

function labelOf(how: unknown, trans: TranslationBundle): string {
  switch (how) {
    case 'quietly':
      return trans.__('Clear GPU Memory Quietly');
    case 'insert-only':
      return trans.__('Insert a Cell That Clears GPU Memory');
    case 'restart':
      return trans.__('Restart the Kernel…');
    default:
      return trans.__('Clear GPU Memory');
  }
}

function isClearHow(value: unknown): value is ClearHow {
  return (
    value === 'insert-and-run' ||
    value === 'quietly' ||
    value === 'insert-only' ||
    value === 'restart'
  );
}

/**
 * Clear the memory of one document's kernel, of the active one's by default.
 *
 * @returns why it was refused, or null
 */
async function clear(
  how: ClearHow,
  id: unknown,
  context: IContext
): Promise<string | null> {
  const { active, dialogs, monitors, trans } = context;
  const widget = typeof id === 'string' ? active.withId(id) : active.current;
  const kernelId = widget?.sessionContext.session?.kernel?.id ?? '';
  const monitor = monitors.monitorOf(kernelId);
  if (!widget || !monitor) {
    return trans.__('There is no kernel whose memory could be cleared.');
  }
  if (how === 'restart') {
    await dialogs.restart(widget.sessionContext);
    return null;
  }
  if (!isPython(widget)) {
    return trans.__('GPU memory can be cleared in Python kernels only.');
  }
  await settled(monitor);
  if (widget.isDisposed || monitor.isDisposed) {
    return trans.__('There is no kernel whose memory could be cleared.');
  }
  const refused = whyNot(monitor, trans);
  if (refused !== null && how !== 'insert-only') {
    return refused;
  }
  return how === 'quietly'
    ? clearQuietly(monitor, trans)
    : clearByCell(widget, monitor, how, context);
}

async function clearQuietly(
  monitor: IWatchedMonitor,
  trans: TranslationBundle
): Promise<string | null> {
  try {
    return await monitor.clearQuietly();
  } catch (reason) {
    return trans.__(
      'The kernel did not clear its memory: %1',
      sentenceOf(reason)(trans)
    );
  }
}

async function clearByCell(
  widget: KernelWidget,
  monitor: IMonitor,
  how: ClearHow,
  context: IContext
): Promise<string | null> {
  const { active, dialogs, shell, trans } = context;
  if (widget !== active.current) {
    // What is put into a document is not put there out of sight.
    shell.activateById(widget.id);
  }
  const kind = monitor.reading?.devices[0]?.kind ?? 'cuda';
  const { code } = clearMemory(kind);
  const digest = await codeDigest(code);
  const started =
    how === 'insert-and-run' ? insertAndRun(widget, code, dialogs) : null;
  if (
    started === null &&
    (how !== 'insert-only' || !insertCell(widget, code))
  ) {
    return trans.__('This document is read-only: no cell can be inserted.');
  }
  if (started !== null) {
    const note = (_: IMonitor, record: ICellRecord): void => {
      if (isRunOf(record, started.cellId, digest)) {
        monitor.cellFinished.disconnect(note);
        monitor.noteCleared(record);
      }
    };
    monitor.cellFinished.connect(note);
    await started.done;
  }
  return null;
}

/** Why nothing can be cleared by running code now; null when it can. */
function whyNot(monitor: IMonitor, trans: TranslationBundle): string | null {
  if (monitor.status === 'asleep' && !monitor.busy) {
    // Nobody looks, so nothing is known of the kernel but that it can be asked.
    return null;
  }
  const refused = refusal(monitor, trans);
  return refused === null && monitor.reading?.state !== 'ok'
    ? trans.__('This kernel holds no GPU memory: there is nothing to clear.')
    : refused;
}
