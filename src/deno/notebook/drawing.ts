import type {
  IGpuProcess,
  Leftover,
  IReading
} from '../../core/wire/generated';
import { english } from '../../core/text/translation';
import { formatAge, formatBytes } from '../../core/text/units';
import { gpuHtml, gpuText } from './gpubars';
import type { Html } from './html';
import { html, sentence, table, textTable } from './html';
import type { IDrawing } from './notebook';
import { clockWords, figureWords, stateWords } from './words';
import type {
  INotebook,
  INotebookReading,
  IOverview,
  IProcessList
} from '../server/rows';

const NOTEBOOK_HEAD = ['notebook', 'state', 'allocated', 'reserved', 'driver'];
const NOTEBOOK_RIGHT = [2, 3, 4];
/** Certain only where what started the process is gone. */
const ORPHAN: Readonly<Record<Leftover, string>> = {
  orphan: ' (orphan)',
  unowned: ' (orphan?)'
};
const PROCESS_HEAD = ['PID', 'memory', 'user', 'what'];
const PROCESS_RIGHT = [0, 1];

/** Everything at once. */
export function drawOverview(overview: IOverview): IDrawing {
  const { gpus, notebooks, processes } = overview;
  const parts = [drawReadings(notebooks), drawProcesses(processes)];
  const none = 'No GPU is in use here, as far as can be seen.';
  return {
    html: framed([
      ...(gpus.length === 0 ? [html`<p>${none}</p>`] : gpus.map(gpuHtml)),
      ...parts.map(part => part.body)
    ]),
    text: [
      ...(gpus.length === 0 ? [none] : gpus.map(gpuText)),
      ...parts.map(part => part.text)
    ].join('\n\n')
  };
}

/** A drawing that can be part of another one. */
export interface IPartDrawing extends IDrawing {
  readonly body: Html;
}

/** What is known of each notebook. */
export function drawReadings(rows: readonly INotebookReading[]): IPartDrawing {
  if (rows.length === 0) {
    return part(
      html`<p>No Python notebook runs.</p>`,
      'No Python notebook runs.'
    );
  }
  const cells = rows.map(readingCells);
  const remarks = rows.flatMap(remarkOf);
  return part(
    html`${table(NOTEBOOK_HEAD, cells, NOTEBOOK_RIGHT)}${remarks.map(
      remark => html`<p>${sentence(remark)}</p>`
    )}`,
    [textTable(NOTEBOOK_HEAD, cells, NOTEBOOK_RIGHT), ...remarks].join('\n')
  );
}

/** Who uses the GPUs. */
export function drawProcesses(list: IProcessList): IPartDrawing {
  const none = list.problem ?? 'No process uses a GPU.';
  if (list.processes.length === 0) {
    return part(html`<p>${sentence(none)}</p>`, none);
  }
  const cells = list.processes.map(processCells);
  return part(
    table(PROCESS_HEAD, cells, PROCESS_RIGHT),
    textTable(PROCESS_HEAD, cells, PROCESS_RIGHT)
  );
}

/** The running kernels, as the server lists them. */
export function drawNotebooks(notebooks: readonly INotebook[]): IDrawing {
  const head = ['notebook', 'kernel', 'state', 'active'];
  const nowMs = Date.now();
  const cells = notebooks.map(each => [
    each.path,
    each.kernelName,
    each.isOwn ? 'this notebook' : each.state,
    each.lastActivityMs === null
      ? '–'
      : formatAge(nowMs - each.lastActivityMs, english)
  ]);
  return {
    html: framed([table(head, cells, [])]),
    text: textTable(head, cells, [])
  };
}

/** HTML in the type of the page. */
export function framed(parts: readonly Html[]): string {
  return html`<div
    style="font-family:var(--jp-ui-font-family, sans-serif);font-size:var(--jp-ui-font-size1, 13px);max-width:720px"
  >
    ${parts}
  </div>`.text;
}

/** One body in both forms. */
export function part(body: Html, text: string): IPartDrawing {
  return { body, html: framed([body]), text };
}

function readingCells(row: INotebookReading): string[] {
  const { notebook, reading, driverBytes, problem } = row;
  const devices = reading?.devices ?? [];
  const isKnown = reading !== null && reading.state !== 'error';
  const sum = (
    pick: (device: (typeof devices)[number]) => number
  ): number | null =>
    isKnown ? devices.reduce((all, each) => all + pick(each), 0) : null;
  return [
    notebook.path,
    stateWords(notebook, problem),
    figureWords(
      sum(device => device.allocatedBytes),
      row
    ),
    figureWords(
      sum(device => device.reservedBytes),
      row
    ),
    formatBytes(driverBytes)
  ];
}

/** What the figures of a row don't say by themselves. */
function remarkOf(row: INotebookReading): string[] {
  const { problem, reading, notebook } = row;
  return [
    ...restartRemark(row),
    ...(problem === null
      ? readingRemark(notebook, reading)
      : [problem.sentence])
  ];
}

function restartRemark({
  notebook,
  restartedMs,
  problem
}: INotebookReading): string[] {
  return restartedMs === null || problem !== null
    ? []
    : [
        `${notebook.path} was restarted at ${clockWords(restartedMs)}: its figures are those of the new kernel.`
      ];
}

function readingRemark(
  { path }: INotebook,
  reading: IReading | null
): string[] {
  if (reading?.devices.some(({ kind }) => kind === 'practice')) {
    return [`The figures of ${path} are from its practice device.`];
  }
  switch (reading?.state) {
    case 'no-torch':
      return [`${path} has not imported torch.`];
    case 'not-initialized':
      return [`Nothing in ${path} has used the GPU yet.`];
    case 'torch-without-gpu':
      return [`The torch of ${path} supports no GPU.`];
    case 'no-driver':
      return [`${path} finds no driver for a GPU.`];
    case 'error':
      return [`${path} could not read its figures. ${reading.detail ?? ''}`];
    default:
      return [];
  }
}

function processCells(process: IGpuProcess): string[] {
  const known = process.shares.flatMap(({ usedBytes }) => usedBytes ?? []);
  const isKnown = known.length === process.shares.length;
  const sum = known.reduce((all, bytes) => all + bytes, 0);
  const orphan = process.leftover === null ? '' : ORPHAN[process.leftover];
  const what = process.notebook ?? process.command ?? 'unknown process';
  return [
    String(process.pid),
    formatBytes(isKnown ? sum : null),
    process.user ?? '–',
    `${what}${orphan}`
  ];
}
