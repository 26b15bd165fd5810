import { reachedBytes } from '../../core/wire/holders';
import type { IClearReport, IHoldings } from '../../core/wire/generated';
import type { IOutOfMemory } from '../../core/oom';
import {
  noteSentence,
  planWords,
  qualityNote,
  remedySentence
} from '../../core/plan';
import { english } from '../../core/text/translation';
import { formatBytes } from '../../core/text/units';
import { framed } from './drawing';
import { html, sentence, table, textTable } from './html';
import type { IDrawing } from './notebook';
import type { IModelPlan } from '../connection/planning';

const HOLDER_HEAD = ['held by', 'kind', 'memory', 'release with'];
const PLAN_HEAD = ['format', 'memory', 'status', 'quality'];

/** Who holds the memory of a kernel. */
export function drawHoldings({ holders, isComplete }: IHoldings): IDrawing {
  const cells = holders.map(holder => [
    holder.name,
    holder.kind,
    formatBytes(reachedBytes(holder)),
    holder.release ?? '–'
  ]);
  const remarks = [
    ...(holders.length === 0 ? ['Nothing holds device memory.'] : []),
    ...(isComplete ? [] : ['The time was up: there may be more.'])
  ];
  return {
    html: framed([
      ...(holders.length === 0 ? [] : [table(HOLDER_HEAD, cells, [2])]),
      ...remarks.map(remark => html`<p>${remark}</p>`)
    ]),
    text: [
      ...(holders.length === 0 ? [] : [textTable(HOLDER_HEAD, cells, [2])]),
      ...remarks
    ].join('\n')
  };
}

/** What a clear gave back. */
export function drawClear(report: IClearReport): IDrawing {
  const lines = report.devices.map(
    device =>
      `${device.id}: gave back ${formatBytes(device.beforeReservedBytes - device.afterReservedBytes)}; ` +
      `${formatBytes(device.afterAllocatedBytes)} is still allocated.`
  );
  const all =
    lines.length === 0 ? ['There was no device memory to clear.'] : lines;
  return plain(all);
}

/** Why the memory was not to be had, and what to do. */
export function drawExplanation(explanation: IOutOfMemory): IDrawing {
  const { evidence, remedies } = explanation;
  const lines = [explanation.sentence, ...(evidence === '' ? [] : [evidence])];
  return {
    html: framed([
      html`<p><strong>${sentence(lines[0] ?? '')}</strong></p>`,
      ...lines.slice(1).map(line => html`<p>${sentence(line)}</p>`),
      html`<ol>
        ${remedies.map(({ text }) => html`<li>${sentence(text)}</li>`)}
      </ol>`
    ]),
    text: [
      ...lines,
      ...remedies.map(
        ({ text, code }, index) =>
          `${index + 1}. ${text}${code === null ? '' : `\n\n${code}\n`}`
      )
    ].join('\n')
  };
}

/** What a model takes in every format. */
export function drawPlan({
  model,
  gpu,
  plans,
  best,
  remedies
}: IModelPlan): IDrawing {
  const where = gpu === null ? '' : ` on ${gpu.name}`;
  const cells = plans.map(plan => [
    plan.format,
    formatBytes(plan.driverBytes.likely),
    plan === best ? 'best that fits' : planWords(plan, english),
    qualityNote(plan.format, english)
  ]);
  const sentences = [
    ...((best ?? plans[0])?.notes ?? []).map(each =>
      noteSentence(each, english)
    ),
    ...remedies.map(each => remedySentence(each, english))
  ];
  return {
    html: framed([
      html`<p><strong>${model}</strong>${where}</p>`,
      table(PLAN_HEAD, cells, [1]),
      ...sentences.map(each => html`<p>${sentence(each)}</p>`)
    ]),
    text: [
      `${model}${where}`,
      textTable(PLAN_HEAD, cells, [1]),
      ...sentences
    ].join('\n')
  };
}

/** Lines of text. */
export function plain(lines: readonly string[]): IDrawing {
  return {
    html: framed(lines.map(line => html`<p>${line}</p>`)),
    text: lines.join('\n')
  };
}
