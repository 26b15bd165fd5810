import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Kernel, Session } from '@jupyterlab/services';
import { IStatusBar } from '@jupyterlab/statusbar';
import { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject, Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import plugins from '../../src';
import type { FakeConnection } from '../kernel/connection';
import { FakeContext } from '../model/document';

/** A notebook or a console, as far as the plugins look at one. */
export class FakeDocument extends Widget {
  constructor(title = 'finetune.ipynb', connection?: FakeConnection) {
    super();
    this.title.label = title;
    this.sessionContext = new FakeContext(connection);
  }

  readonly sessionContext: FakeContext;
  readonly content: { widgets: unknown[] } = { widgets: [] };
}

/** Knows the documents of one kind, and which was used last. */
export class FakeTracker {
  readonly currentChanged = new Signal<this, FakeDocument | null>(this);
  readonly widgetAdded = new Signal<this, FakeDocument>(this);
  readonly widgets = new Set<FakeDocument>();
  currentWidget: FakeDocument | null = null;

  add(widget: FakeDocument): void {
    if (!this.widgets.has(widget)) {
      this.widgets.add(widget);
      this.widgetAdded.emit(widget);
    }
  }

  /** `widget` was used last. */
  use(widget: FakeDocument | null): void {
    if (widget) {
      this.add(widget);
    }
    this.currentWidget = widget;
    this.currentChanged.emit(widget);
  }

  /** As JupyterLab's trackers do when a widget is disposed. */
  close(widget: FakeDocument, next: FakeDocument | null = null): void {
    this.widgets.delete(widget);
    widget.dispose();
    this.use(next);
  }

  has(widget: FakeDocument): boolean {
    return this.widgets.has(widget);
  }

  forEach(each: (widget: FakeDocument) => void): void {
    this.widgets.forEach(each);
  }
}

/** The server's running kernels and sessions. */
export class FakeServices {
  readonly sessions = new FakeRunning<Session.IModel>();
  readonly kernels = new FakeRunning<Kernel.IModel>();
  readonly kernelspecs = { specs: null };
}

class FakeRunning<T> {
  readonly runningChanged = new Signal<this, void>(this);
  models: T[] = [];
  readonly shutDown: string[] = [];

  running(): IterableIterator<T> {
    return this.models.values();
  }

  async shutdown(id: string): Promise<void> {
    this.shutDown.push(id);
    return Promise.resolve();
  }

  async refreshRunning(): Promise<void> {
    this.runningChanged.emit();
    return Promise.resolve();
  }
}

/** The application's areas. */
export class FakeShell {
  readonly currentChanged = new Signal<this, void>(this);
  currentWidget: Widget | null = null;
  readonly added: Widget[] = [];
  readonly activated: string[] = [];

  add(widget: Widget): void {
    this.added.push(widget);
  }

  activateById(id: string): void {
    this.activated.push(id);
  }

  focus(widget: Widget | null): void {
    this.currentWidget = widget;
    this.currentChanged.emit();
  }
}

/** The settings that the registry keeps. */
export class FakeStored {
  composite: ReadonlyJSONObject = {};
  readonly changed = new Signal<this, void>(this);
  failure: Error | null = null;
  readonly stored: [string, unknown][] = [];

  async set(key: string, value: unknown): Promise<void> {
    if (this.failure) {
      throw this.failure;
    }
    this.stored.push([key, value]);
    return Promise.resolve();
  }

  change(composite: ReadonlyJSONObject): void {
    this.composite = { ...this.composite, ...composite };
    this.changed.emit();
  }
}

/** A JupyterLab that has all of the plugins, and little else. */
export class Lab {
  readonly commands = new CommandRegistry();
  readonly notebooks = new FakeTracker();
  readonly shell = new FakeShell();
  readonly serviceManager = new FakeServices();
  readonly stored = new FakeStored();
  readonly palette: { command: string; args?: ReadonlyJSONObject }[] = [];
  readonly restarts: unknown[] = [];
  /** What the plugins have put into the status bar. */
  readonly status: IStatusBar.IItem[] = [];

  /** Activate every plugin, each with the services of those before it. */
  async start(): Promise<void> {
    for (const plugin of plugins) {
      await this._activate(plugin);
    }
  }

  /** Leave the plugins nothing but what they require. */
  forgetOptional(): void {
    for (const token of [...this._services.keys()]) {
      if (token !== INotebookTracker) {
        this._services.delete(token);
      }
    }
  }

  /** Open a notebook, with a kernel behind `connection` if there is one. */
  open(connection?: FakeConnection, title?: string): FakeDocument {
    const notebook = new FakeDocument(title, connection);
    this.notebooks.use(notebook);
    this.shell.focus(notebook);
    return notebook;
  }

  /** What a plugin has provided. */
  service<T>(token: Token<T>): T {
    return this._services.get(token) as T;
  }

  private async _activate(
    plugin: JupyterFrontEndPlugin<unknown>
  ): Promise<void> {
    const required = (plugin.requires ?? []).map(token => {
      if (!this._services.has(token)) {
        throw new Error(`${plugin.id} needs ${token.name}`);
      }
      return this._services.get(token);
    });
    const optional = (plugin.optional ?? []).map(
      token => this._services.get(token) ?? null
    );
    const { commands, serviceManager, shell } = this;
    const app = {
      commands,
      shell,
      serviceManager
    } as unknown as JupyterFrontEnd;
    const service: unknown = await plugin.activate(
      app,
      ...required,
      ...optional
    );
    if (plugin.provides) {
      this._services.set(plugin.provides, service);
    }
  }

  private readonly _services = new Map<Token<unknown>, unknown>([
    [INotebookTracker, this.notebooks],
    [ISettingRegistry, { load: async () => Promise.resolve(this.stored) }],
    [
      ICommandPalette,
      { addItem: (item: (typeof this.palette)[0]) => this.palette.push(item) }
    ],
    [
      ISessionContextDialogs,
      {
        restart: async (context: unknown) =>
          Promise.resolve(this.restarts.push(context))
      }
    ],
    [
      IStatusBar,
      {
        registerStatusItem: (_: string, item: IStatusBar.IItem) =>
          this.status.push(item)
      }
    ]
  ]);
}
