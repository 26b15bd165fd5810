import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ISettings, ISettingsSource } from '../model/settings';
import { DEFAULT_SETTINGS, parseSettings } from '../model/settings';

const PLUGIN_ID = 'jupyterlab-vram:plugin';

/** The settings of this extension, and a way to change one. */
export interface ISettingsStore extends ISettingsSource {
  /** Store one value; it applies at once, also where nothing can be stored. */
  set(key: 'practiceDevice', value: boolean): void;
}

/** The token for `ISettingsStore`. */
export const ISettingsStore = new Token<ISettingsStore>(
  'jupyterlab-vram:ISettingsStore',
  'A service that knows the settings of the VRAM extension.'
);

class SettingsStore implements ISettingsStore {
  get settings(): ISettings {
    return this._settings;
  }

  get settingsChanged(): ISignal<ISettingsSource, void> {
    return this._settingsChanged;
  }

  /** Follow the registry's settings from now on. */
  follow(stored: ISettingRegistry.ISettings): void {
    this._stored = stored;
    stored.changed.connect(this._onStoredChanged, this);
    this._onStoredChanged(stored);
  }

  set(key: 'practiceDevice', value: boolean): void {
    this._apply({ ...this._settings, [key]: value });
    this._stored?.set(key, value).catch((reason: unknown) => {
      console.warn('A setting of jupyterlab-vram could not be stored', reason);
    });
  }

  private _onStoredChanged(stored: ISettingRegistry.ISettings): void {
    this._apply(parseSettings(stored.composite));
  }

  private _apply(settings: ISettings): void {
    this._settings = settings;
    this._settingsChanged.emit();
  }

  private _settings = DEFAULT_SETTINGS;
  private _stored: ISettingRegistry.ISettings | null = null;
  private readonly _settingsChanged = new Signal<ISettingsSource, void>(this);
}

/** Provides the settings; without a registry these are the defaults. */
export const settingsPlugin: JupyterFrontEndPlugin<ISettingsStore> = {
  id: PLUGIN_ID,
  description: 'Provides the settings of the VRAM extension.',
  autoStart: true,
  provides: ISettingsStore,
  optional: [ISettingRegistry],
  activate: async (
    _app: JupyterFrontEnd,
    registry: ISettingRegistry | null
  ): Promise<ISettingsStore> => {
    const source = new SettingsStore();
    try {
      const stored = await registry?.load(PLUGIN_ID);
      if (stored) {
        source.follow(stored);
      }
    } catch (reason) {
      console.warn('The settings of jupyterlab-vram could not be read', reason);
    }
    return source;
  }
};
