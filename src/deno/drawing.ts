import { english } from '../core/translation';
import { formatAge, formatBytes } from '../core/units';
import type { IGpuProcess } from '../core/survey';
import type { Html } from './html';
import { html, sentence, table, textTable } from './html';
import type { IDrawing } from './notebook';
import type {
  IGpuOverview,
  INotebook,
  INotebookReading,
  IOverview,
  IProcessList
} from './rows';

const COLOURS = [
  'var(--jp-brand-color1, #1976d2)',
  'var(--jp-success-color1, #388e3c)',
  'var(--jp-warn-color1, #f57c00)',
  'var(--jp-accent-color1, #7b1fa2)',
  'var(--jp-info-color1, #0097a7)'
];
const OTHERS = 'var(--jp-layout-color4, #757575)';
const NOTEBOOK_HEAD = ['notebook', 'state', 'allocated', 'reserved', 'driver'];
const NOTEBOOK_RIGHT = [2, 3, 4];
const PROCESS_HEAD = ['PID', 'memory', 'user', 'what'];
const PROCESS_RIGHT = [0, 1];

/** The colour of the nth of several. */
export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? OTHERS;
}

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

function readingCells({
  notebook,
  reading,
  driverBytes
}: INotebookReading): string[] {
  const devices = reading?.devices ?? [];
  const isKnown = reading !== null && reading.state !== 'error';
  const sum = (
    pick: (device: (typeof devices)[number]) => number
  ): number | null =>
    isKnown ? devices.reduce((all, each) => all + pick(each), 0) : null;
  return [
    notebook.path,
    notebook.state,
    formatBytes(sum(device => device.allocatedBytes)),
    formatBytes(sum(device => device.reservedBytes)),
    formatBytes(driverBytes)
  ];
}

/** What the figures of a row don't say by themselves. */
function remarkOf(row: INotebookReading): string[] {
  const { problem, reading, ageMs, notebook } = row;
  if (problem !== null) {
    const age =
      reading === null ? '' : ` The figures are as of ${formatAge(ageMs)}.`;
    return [`${problem.sentence}${age}`];
  }
  if (reading?.devices.some(({ kind }) => kind === 'practice')) {
    return [`The figures of ${notebook.path} are from its practice device.`];
  }
  switch (reading?.state) {
    case 'no-torch':
      return [`${notebook.path} has not imported torch.`];
    case 'not-initialised':
      return [`Nothing in ${notebook.path} has used the GPU yet.`];
    case 'torch-without-gpu':
      return [`The torch of ${notebook.path} supports no GPU.`];
    case 'no-driver':
      return [`${notebook.path} finds no driver for a GPU.`];
    case 'error':
      return [
        `${notebook.path} could not read its figures. ${reading.detail ?? ''}`
      ];
    default:
      return [];
  }
}

function processCells(process: IGpuProcess): string[] {
  const known = process.shares.flatMap(({ usedBytes }) => usedBytes ?? []);
  const isKnown = known.length === process.shares.length;
  const sum = known.reduce((all, bytes) => all + bytes, 0);
  const leftover = process.leftover === null ? '' : ' (left over?)';
  const what = process.notebook ?? process.command ?? 'unknown process';
  return [
    String(process.pid),
    formatBytes(isKnown ? sum : null),
    process.user ?? '–',
    `${what}${leftover}`
  ];
}

function gpuSegments(
  gpu: IGpuOverview
): { name: string; bytes: number; colour: string }[] {
  return [
    ...gpu.users.map(({ path, bytes }, index) => ({
      ...{ name: path, bytes, colour: colourOf(index) }
    })),
    { name: 'others', bytes: gpu.otherBytes ?? 0, colour: OTHERS }
  ].filter(({ bytes }) => bytes > 0);
}

function gpuTitle({ name, isPractice, users }: IGpuOverview): string {
  return isPractice ? `Practice device of ${users[0]?.path ?? name}` : name;
}

function gpuFigures({ totalBytes, freeBytes }: IGpuOverview): string {
  return `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`;
}

function gpuHtml(gpu: IGpuOverview): Html {
  const segments = gpuSegments(gpu);
  const whole = Math.max(
    gpu.totalBytes ?? 0,
    segments.reduce((sum, { bytes }) => sum + bytes, 1)
  );
  const label = `${gpuTitle(gpu)}: ${gpuFigures(gpu)}`;
  return html`<div style="margin:8px 0">
    <div><strong>${gpuTitle(gpu)}</strong> ${gpuFigures(gpu)}</div>
    <div
      role="img"
      aria-label="${label}"
      style="display:flex;height:12px;margin:4px 0;border-radius:2px;overflow:hidden;background:var(--jp-layout-color3, #e0e0e0)"
    >
      ${segments.map(
        ({ name, bytes, colour }) =>
          html`<span
            title="${name}: ${formatBytes(bytes)}"
            style="width:${((100 * bytes) / whole).toFixed(2)}%;background:${colour}"
          ></span>`
      )}
    </div>
    <div style="display:flex;flex-wrap:wrap;gap:0 12px">
      ${segments.map(
        ({ name, bytes, colour }) =>
          html`<span
            ><span aria-hidden="true" style="color:${colour}">■</span> ${name}
            ${formatBytes(bytes)}</span
          >`
      )}
    </div>
  </div>`;
}

function gpuText(gpu: IGpuOverview): string {
  const width = 40;
  const { totalBytes } = gpu;
  const segments = gpuSegments(gpu);
  const used = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const filled =
    totalBytes === null
      ? 0
      : Math.min(width, Math.round((width * used) / totalBytes));
  const bar =
    totalBytes === null
      ? ''
      : ` [${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
  const lines = segments.map(
    ({ name, bytes }) => `  ${name}: ${formatBytes(bytes)}`
  );
  return [`${gpuTitle(gpu)}${bar} ${gpuFigures(gpu)}`, ...lines].join('\n');
}
