import { formatBytes } from '../../core/text/units';
import type { Html } from './html';
import { html } from './html';
import { colorOf, OTHERS } from './palette';
import { datedWords } from './words';
import type { IGpuOverview } from '../server/rows';

interface ISegment {
  readonly name: string;
  readonly bytes: number;
  readonly ageMs: number | null;
  readonly color: string;
}

function gpuSegments(gpu: IGpuOverview): ISegment[] {
  return [
    ...gpu.users.map(({ path, bytes, ageMs }, index) => ({
      ...{ name: path, bytes, ageMs, color: colorOf(index) }
    })),
    ...(gpu.otherBytes === null
      ? []
      : [{ name: 'others', bytes: gpu.otherBytes, ageMs: null, color: OTHERS }])
  ].filter(({ bytes }) => bytes > 0);
}

function gpuTitle({ name, isPractice, users }: IGpuOverview): string {
  return isPractice ? `Practice device of ${users[0]?.path ?? name}` : name;
}

function gpuFigures({
  totalBytes,
  freeBytes,
  freeAgeMs
}: IGpuOverview): string {
  return `${datedWords(freeBytes, freeAgeMs)} free of ${formatBytes(totalBytes)}`;
}

/** One GPU as a bar, with who has how much of it. */
export function gpuHtml(gpu: IGpuOverview): Html {
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
        ({ name, bytes, ageMs, color }) =>
          html`<span
            title="${name}: ${datedWords(bytes, ageMs)}"
            style="width:${((100 * bytes) / whole).toFixed(2)}%;background:${color}"
          ></span>`
      )}
    </div>
    <div style="display:flex;flex-wrap:wrap;gap:0 12px">
      ${segments.map(
        ({ name, bytes, ageMs, color }) =>
          html`<span
            ><span aria-hidden="true" style="color:${color}">■</span> ${name}
            ${datedWords(bytes, ageMs)}</span
          >`
      )}
    </div>
  </div>`;
}

/** The same as text. */
export function gpuText(gpu: IGpuOverview): string {
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
    ({ name, bytes, ageMs }) => `  ${name}: ${datedWords(bytes, ageMs)}`
  );
  return [`${gpuTitle(gpu)}${bar} ${gpuFigures(gpu)}`, ...lines].join('\n');
}
