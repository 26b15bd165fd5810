import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { badgesPlugin } from './plugins/badges';
import { clearPlugin } from './plugins/clear';
import { documentPlugin } from './plugins/document';
import { failuresPlugin } from './plugins/oom';
import { serverKernelsPlugin } from './plugins/serverkernels';
import { monitorsPlugin } from './plugins/monitors';
import { notificationsPlugin } from './plugins/notifications';
import { panelPlugin } from './plugins/panel';
import { planPlugin } from './plugins/plan';
import { releasePlugin } from './plugins/release';
import { roomPlugin } from './plugins/room';
import { settingsPlugin } from './plugins/settings';
import { snippetsPlugin } from './plugins/snippets';
import { statusPlugin } from './plugins/status';

/** The plugins of jupyterlab-vram, one for each concern. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  settingsPlugin,
  documentPlugin,
  monitorsPlugin,
  failuresPlugin,
  serverKernelsPlugin,
  panelPlugin,
  clearPlugin,
  releasePlugin,
  snippetsPlugin,
  planPlugin,
  roomPlugin,
  statusPlugin,
  badgesPlugin,
  notificationsPlugin
];

export default plugins;
