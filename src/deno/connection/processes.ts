import { GIB } from '../../core/text/units';
import { LEFTOVER_THRESHOLD_BYTES } from '../../core/wire/generated';
import type {
  IGpuProcess,
  IStopReport,
  ISurvey
} from '../../core/wire/generated';
import { surveyText, whyNotStoppable } from '../../core/text/processtext';
import { english } from '../../core/text/translation';
import { stopQuery, surveyQuery } from '../../kernel/processrequests';
import type { Client } from '../server/client';
import { converse } from './conversation';
import { RoomError } from '../server/errors';
import type { IDriverAnswer } from '../server/nvidia';
import type { INotebook, IProcessList } from '../server/rows';
import type { IAskOptions } from './tokens';

const MAX_BYTES = 1024 * GIB;

/** Asks kernels, one after the other, until one tells who uses the GPUs. */
export class ProcessDesk {
  constructor(private readonly _client: Client) {}

  /**
   * Who uses the GPUs; the driver alone is asked where no kernel answers. Never throws.
   *
   * @param leftoverBytes - from where on a process may be an orphan
   */
  async list(
    notebooks: readonly INotebook[],
    driver: IDriverAnswer,
    options: IAskOptions,
    leftoverBytes = LEFTOVER_THRESHOLD_BYTES
  ): Promise<IProcessList> {
    for (const notebook of this._inTurn(notebooks)) {
      try {
        const survey = await this._survey(notebook, options, leftoverBytes);
        this._reporterId = notebook.kernelId;
        return ofSurvey(survey, notebook, driver);
      } catch {
        // The next one may answer.
      }
    }
    return ofDriver(driver);
  }

  /**
   * Ask a listed process to end, or kill it after it was asked.
   *
   * All rules are the agent's, which checks them again.
   *
   * @throws RoomError `not-stoppable`, or what `converse` throws
   */
  async stop(
    process: IGpuProcess,
    notebooks: readonly INotebook[],
    force: boolean,
    options: IAskOptions
  ): Promise<IStopReport> {
    const { pid, identity } = process;
    const reporter = notebooks.find(each => each.kernelId === this._reporterId);
    if (identity === null || !reporter) {
      throw new RoomError(
        'not-stoppable',
        `Process ${pid} can't be stopped: ${whyNotStoppable(process, english)}`
      );
    }
    const question = stopQuery(pid, identity, force);
    const answer = await converse(
      this._client,
      reporter,
      ({ link }) => link.ask(question),
      options
    );
    return answer.facts;
  }

  private async _survey(
    notebook: INotebook,
    options: IAskOptions,
    leftoverBytes: number
  ): Promise<ISurvey> {
    const bytes = Math.min(Math.max(0, Math.round(leftoverBytes)), MAX_BYTES);
    const answer = await converse(
      this._client,
      notebook,
      ({ link }) => link.ask(surveyQuery(bytes)),
      options
    );
    return answer.facts;
  }

  /** The one that told before comes first, for it remembers; then those that are idle. */
  private _inTurn(notebooks: readonly INotebook[]): INotebook[] {
    const rank = ({ kernelId, state }: INotebook): number =>
      kernelId === this._reporterId ? 0 : state === 'idle' ? 1 : 2;
    return notebooks
      .filter(({ language, isOwn }) => language === 'python' && !isOwn)
      .sort((one, other) => rank(one) - rank(other));
  }

  private _reporterId: string | null = null;
}

function ofSurvey(
  survey: ISurvey,
  notebook: INotebook,
  driver: IDriverAnswer
): IProcessList {
  const problem = surveyText(survey, english);
  // That kernel may lack the tool, which this machine has.
  return problem !== null && driver.problem === null
    ? ofDriver(driver)
    : { processes: survey.processes, toldBy: notebook.path, problem };
}

function ofDriver({ uses, problem }: IDriverAnswer): IProcessList {
  const pids = [...new Set(uses.map(({ pid }) => pid))];
  return {
    processes: pids.map(pid => ofPid(pid, uses)),
    toldBy: null,
    problem
  };
}

/** A process as far as the driver alone knows it. */
function ofPid(pid: number, uses: IDriverAnswer['uses']): IGpuProcess {
  const own = uses.filter(each => each.pid === pid);
  return {
    ...{ pid, kind: 'compute', isVisible: false, user: null },
    shares: own.map(({ uuid, usedBytes }) => ({ uuid, usedBytes })),
    command: own[0]?.program ?? null,
    program: null,
    startedSeconds: null,
    ...{ isOwn: false, isKernel: false, kernelId: null, kernelPid: null },
    ...{ notebook: null, leftover: null, identity: null },
    whyNot: 'unconfirmed'
  };
}

/** The process with this number. @throws RoomError `not-stoppable` if none is listed */
export function processOf(list: IProcessList, pid: number): IGpuProcess {
  const found = list.processes.find(each => each.pid === pid);
  if (!found) {
    const why = list.problem === null ? '' : ` ${list.problem}`;
    throw new RoomError(
      'not-stoppable',
      `Process ${pid} uses no GPU here, so it is not stopped.${why}`
    );
  }
  return found;
}
