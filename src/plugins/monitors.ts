import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILoggerRegistry } from '@jupyterlab/logconsole';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';

import { Monitors } from '../model/monitors';
import { IMonitors } from '../model/tokens';
import { ISettingsStore } from './settings';
import { IActiveDocument } from './tokens';

/** Provides the monitors of the kernels behind notebooks and consoles. */
export const monitorsPlugin: JupyterFrontEndPlugin<IMonitors> = {
  id: 'jupyterlab-vram:monitors',
  description: 'Provides the GPU memory of the kernels of this page.',
  autoStart: true,
  provides: IMonitors,
  requires: [ISettingsStore, IActiveDocument],
  optional: [ITranslator, ILoggerRegistry],
  activate: (
    _app: JupyterFrontEnd,
    source: ISettingsStore,
    active: IActiveDocument,
    translator: ITranslator | null,
    loggers: ILoggerRegistry | null
  ): IMonitors => {
    const monitors = new Monitors({
      source,
      viewer: UUID.uuid4(),
      translate: (translator ?? nullTranslator).load('jupyterlab_vram')
    });
    const follow = (): void => {
      const widget = active.current;
      monitors.activate(
        widget && {
          title: widget.title.label,
          sessionContext: widget.sessionContext
        }
      );
    };
    active.changed.connect(follow, monitors);
    follow();
    followPage(monitors);
    monitors.messageRejected.connect((_, reason) => {
      log(loggers, active, reason);
    }, monitors);
    return monitors;
  }
};

/** Tell the kernels when the page goes away, and the monitors when a person is there. */
function followPage(monitors: Monitors): void {
  window.addEventListener('pagehide', () => monitors.setAway(true));
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) {
      monitors.setAway(false);
    }
  });
  const touch = (): void => monitors.touch();
  // Before they can be stopped.
  for (const act of ['pointerdown', 'keydown'] as const) {
    window.addEventListener(act, touch, { capture: true, passive: true });
  }
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      touch();
    }
  });
}

/** Put `reason` into the log console of the active document, or the browser's. */
function log(
  loggers: ILoggerRegistry | null,
  active: IActiveDocument,
  reason: string
): void {
  const path = active.current?.sessionContext.path;
  if (loggers && path) {
    const logger = loggers.getLogger(path);
    logger.log({ type: 'text', level: 'warning', data: `VRAM: ${reason}` });
  } else {
    console.warn(`VRAM: ${reason}`);
  }
}
