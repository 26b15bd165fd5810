import { explainOutOfMemory } from '../core/oom';
import type {
  IClearReport,
  IHoldings,
  IStopReport
} from '../core/wire/generated';
import type { IOutOfMemory } from '../core/oom';
import { ALLOCATOR_SETTINGS } from '../kernel/failurerequest';
import { HOLDERS } from '../kernel/holdersrequest';
import { Client } from './server/client';
import { askPerson, checkedPid, checkedTexts } from './checks';
import type { Conversation } from './connection/conversation';
import { checked, converse } from './connection/conversation';
import {
  drawNotebooks,
  drawOverview,
  drawProcesses,
  drawReadings
} from './notebook/drawing';
import { RoomError } from './server/errors';
import { kernelPids } from './server/kernelpids';
import { Looks, withDriver } from './connection/looks';
import { drawable, show, surviveInterrupts } from './notebook/notebook';
import { findNotebook, listNotebooks } from './server/notebooks';
import { askDriver } from './server/nvidia';
import { biggestGpu, gpusOf } from './overview';
import { planModel } from './connection/planning';
import type { IModelPlan, IPlanQuestion } from './connection/planning';
import { ProcessDesk, processOf } from './connection/processes';
import {
  drawClear,
  drawExplanation,
  drawHoldings,
  drawPlan,
  plain
} from './notebook/results';
import type {
  IAskOptions,
  IClearOptions,
  IExplainOptions,
  ILookOptions,
  IRoom,
  IStopOptions,
  IWatchOptions,
  IWatchSample
} from './connection/tokens';
import { findServer } from './server/servers';
import { watch } from './notebook/watch';
import type {
  INotebook,
  INotebookReading,
  IOverview,
  IProcessList
} from './server/rows';

const TIMEOUT_S = 5;

/** What a room is made of; found when it is first needed. */
export interface IFurniture {
  readonly client: Client;
  /** The folder that the server's paths are relative to; null where unknown. */
  readonly rootFolder: string | null;
}

/** The control room of one server. */
export class Room implements IRoom {
  /** @param furnish - finds the server; called again after it failed */
  constructor(private readonly _furnish: () => Promise<IFurniture>) {
    surviveInterrupts();
  }

  async notebooks(): Promise<INotebook[]> {
    const { notebooks } = await this._enter();
    return drawable(notebooks, drawNotebooks);
  }

  async readings(
    names?: readonly string[],
    options: ILookOptions = {}
  ): Promise<INotebookReading[]> {
    const { notebooks } = await this._enter();
    const wanted = names
      ? names.map(name => findNotebook(notebooks, name))
      : notebooks.filter(isPython);
    const rows = await this._look(wanted, options);
    return drawable(rows, drawReadings);
  }

  async overview(options: ILookOptions = {}): Promise<IOverview> {
    const { client, notebooks, desk } = await this._enter();
    const driver = await askDriver();
    const rows = await this._look(notebooks.filter(isPython), options);
    const silent = rows.filter(({ problem }) => problem !== null);
    const able = notebooks.filter(
      each =>
        !silent.some(({ notebook }) => notebook.kernelId === each.kernelId)
    );
    const processes = await desk.list(able, driver, options);
    const overview: IOverview = {
      ...{ timeMs: Date.now(), serverUrl: client.url.href },
      ...{ gpus: gpusOf(rows, driver), notebooks: rows, processes }
    };
    return drawable(overview, drawOverview);
  }

  async processes(options: IAskOptions = {}): Promise<IProcessList> {
    const { notebooks, desk } = await this._enter();
    const list = await desk.list(notebooks, await askDriver(), options);
    return drawable(list, drawProcesses);
  }

  async holders(name: string, options: IAskOptions = {}): Promise<IHoldings> {
    const { client, notebook } = await this._find(name);
    const answer = await converse(
      client,
      notebook,
      ({ link }) => link.ask(HOLDERS),
      options
    );
    return drawable(answer.facts, drawHoldings);
  }

  async clear(
    name: string,
    options: IClearOptions = {}
  ): Promise<IClearReport> {
    const release = checkedTexts('release', options.release);
    const names = checkedTexts('names', options.names);
    const { client, notebook } = await this._find(name);
    const request = { op: 'clear', release, names } as const;
    const report = await converse(
      client,
      notebook,
      async ({ link }) => checked(await link.request(request)).clear,
      options
    );
    return drawable(
      report ?? { devices: [], collectedObjects: null, released: [] },
      drawClear
    );
  }

  async explain(
    text: string,
    options: IExplainOptions = {}
  ): Promise<IOutOfMemory | null> {
    if (typeof text !== 'string') {
      throw new RoomError('bad-argument', 'Pass the text of the error.');
    }
    const explanation =
      options.notebook === undefined
        ? explainOutOfMemory(text)
        : await this._explainIn(options.notebook, text, options);
    return explanation && drawable({ ...explanation }, drawExplanation);
  }

  async plan(question: IPlanQuestion): Promise<IModelPlan> {
    const found =
      question.gpu === undefined
        ? await this.overview().then(biggestGpu, () => null)
        : null;
    return drawable(planModel(question, found), drawPlan);
  }

  async stop(
    pid: number,
    { force = false, isConfirmed = false, ...options }: IStopOptions = {}
  ): Promise<IStopReport | null> {
    checkedPid(pid);
    const { notebooks, desk } = await this._enter();
    const list = await desk.list(notebooks, await askDriver(), options);
    const process = processOf(list, pid);
    if (process.identity !== null && !isConfirmed) {
      const what = process.notebook ?? process.command ?? 'unknown';
      const verb = force ? 'Kill' : 'Stop';
      if (!askPerson(`${verb} process ${pid} (${what})?`)) {
        return null;
      }
    }
    const report = await desk.stop(process, notebooks, force, options);
    return drawable(report, ({ hasEnded, signal, graceSeconds }) =>
      plain([
        hasEnded
          ? `Process ${pid} has ended.`
          : `Process ${pid} got ${signal}. If it still runs after ${Math.ceil(graceSeconds)} s, stop it with { force: true }.`
      ])
    );
  }

  async show(options: ILookOptions = {}): Promise<void> {
    await show(drawOverview(await this.overview(options)));
  }

  async watch(options: IWatchOptions = {}): Promise<IWatchSample[]> {
    const { client, notebooks } = await this._enter();
    return watch(
      client,
      notebooks.filter(isPython),
      this._looksOf(client),
      options
    );
  }

  private async _look(
    notebooks: readonly INotebook[],
    { timeoutSeconds = TIMEOUT_S, ...options }: ILookOptions
  ): Promise<INotebookReading[]> {
    const { client } = await this._furniture();
    const looks = this._looksOf(client);
    const timeoutMs = 1000 * timeoutSeconds;
    const [driver, pids, ...rows] = await Promise.all([
      ...([askDriver(), kernelPids()] as const),
      ...notebooks.map(each => looks.at(each, timeoutMs, options))
    ]);
    return rows.map(row =>
      withDriver(row, driver, pids.get(row.notebook.kernelId))
    );
  }

  private async _explainIn(
    name: string,
    text: string,
    options: IAskOptions
  ): Promise<IOutOfMemory | null> {
    const { client, notebook } = await this._find(name);
    const ask = async ({
      link
    }: Conversation): Promise<IOutOfMemory | null> => {
      const holdings = await link.ask(HOLDERS);
      const settings = await link.ask(ALLOCATOR_SETTINGS);
      return explainOutOfMemory(text, holdings.message.reading, {
        isLive: true,
        holders: holdings.facts.holders,
        allocatorSettings: settings.facts
      });
    };
    return converse(client, notebook, ask, options);
  }

  private async _find(
    name: string
  ): Promise<{ client: Client; notebook: INotebook }> {
    const { client, notebooks } = await this._enter();
    return { client, notebook: findNotebook(notebooks, name) };
  }

  private async _enter(): Promise<{
    client: Client;
    notebooks: INotebook[];
    desk: ProcessDesk;
  }> {
    const { client, rootFolder } = await this._furniture();
    const notebooks = await listNotebooks(client, rootFolder);
    this._desk ??= new ProcessDesk(client);
    return { client, notebooks, desk: this._desk };
  }

  private async _furniture(): Promise<IFurniture> {
    this._found ??= await this._furnish();
    return this._found;
  }

  private _looksOf(client: Client): Looks {
    this._looks ??= new Looks(client);
    return this._looks;
  }

  private _found: IFurniture | null = null;
  private _looks: Looks | null = null;
  private _desk: ProcessDesk | null = null;
}

/** What a room needs, of the server that is found on this machine. */
export async function furnitureHere(): Promise<IFurniture> {
  const server = await findServer();
  return {
    client: new Client(server, server.token === ''),
    rootFolder: server.rootFolder
  };
}

function isPython({ language, isOwn }: INotebook): boolean {
  return !isOwn && (language === 'python' || language === null);
}
