import { strictEqual } from 'node:assert';

import type { IDeviceReading } from '../../src/core/wire/generated.ts';
import { drawChart } from '../../src/deno/notebook/chart.ts';
import { drawReadings } from '../../src/deno/notebook/drawing.ts';
import { COLORS, dashOf, OTHERS } from '../../src/deno/notebook/palette.ts';
import type { INotebookReading } from '../../src/deno/server/rows.ts';
import type { IWatchSample } from '../../src/deno/connection/tokens.ts';
import type { RoomErrorCode } from '../../src/deno/server/errors.ts';

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** Complete dichromacy, after Machado and others (2009); on linear RGB. */
const SIGHTS: Readonly<Record<string, Matrix>> = {
  common: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1]
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998]
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881]
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039]
  ]
};
const TO_LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005]
];
const TO_LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766]
];
/** In OKLab, where about 0.02 is just noticeable in flat fields; lines are thin. */
const LEAST_DISTANCE = 0.1;
/** Of graphics, by WCAG 2. */
const LEAST_CONTRAST = 3;
const PAGES = { light: '#ffffff', dark: '#111111' };

function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

function times([first, second, third]: Matrix, vector: Vector): Vector {
  return [dot(first, vector), dot(second, vector), dot(third, vector)];
}

function linear(color: string): Vector {
  const part = (start: number): number => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function seen(color: string, sight: Matrix): Vector {
  const [r, g, b] = times(sight, linear(color));
  const inside = (value: number): number => Math.min(1, Math.max(0, value));
  const [l, m, s] = times(TO_LMS, [inside(r), inside(g), inside(b)]);
  return times(TO_LAB, [Math.cbrt(l), Math.cbrt(m), Math.cbrt(s)]);
}

function distance(one: Vector, other: Vector): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

function contrast(one: string, other: string): number {
  const [less, more] = [one, other]
    .map(color => dot([0.2126, 0.7152, 0.0722], linear(color)) + 0.05)
    .sort((a, b) => a - b);
  return more / less;
}

for (const [name, sight] of Object.entries(SIGHTS)) {
  Deno.test(`any two colors differ for ${name} color vision`, () => {
    const all = [...COLORS, OTHERS];
    const alike = all.flatMap((one, index) =>
      all
        .slice(index + 1)
        .filter(
          other =>
            distance(seen(one, sight), seen(other, sight)) < LEAST_DISTANCE
        )
        .map(other => `${one} and ${other}`)
    );
    strictEqual(alike.join(), '');
  });
}

for (const [name, page] of Object.entries(PAGES)) {
  Deno.test(`every color stands out on a ${name} page`, () => {
    const pale = [...COLORS, OTHERS].filter(
      color => contrast(color, page) < LEAST_CONTRAST
    );
    strictEqual(pale.join(), '');
  });
}

Deno.test('of 36 lines no two look the same', () => {
  const looks = [...Array(36).keys()].map(
    index => `${COLORS[index % COLORS.length]} ${dashOf(index)}`
  );
  strictEqual(new Set(looks).size, 36);
});

function row(code: RoomErrorCode | null): INotebookReading {
  const sinceMs = new Date(2026, 0, 2, 3, 4, 5).getTime();
  const device: IDeviceReading = {
    kind: 'cuda',
    ...{ id: 'cuda:0', index: 0, name: 'Card', uuid: 'u' },
    ...{ driverIndex: null, driverSlice: null },
    ...{ allocatedBytes: 2 ** 20, reservedBytes: 2 ** 21, processBytes: null },
    ...{ peakAllocatedBytes: null, peakReservedBytes: null, pinnedBytes: null },
    ...{ freeBytes: null, totalBytes: null, computeCapability: null }
  };
  return {
    notebook: {
      type: 'notebook',
      ...{ path: 'a.ipynb', kernelId: 'a', kernelName: 'p' },
      ...{ language: 'python', state: 'idle', lastActivityMs: null },
      ...{ connections: 1, isOwn: false }
    },
    reading: {
      state: 'ok',
      ...{ timeSeconds: 0, detail: null, torchVersion: null },
      ...{ pid: 1, capturing: false, unsupported: [], devices: [device] }
    },
    ...{ ageMs: 12_000, pid: 1, driverBytes: null, restartedMs: null },
    problem: code && { code, sentence: 'Why.', sinceMs }
  };
}

Deno.test(
  'figures of the past are dated, and its state says since when',
  () => {
    const { text } = drawReadings([row('no-answer')]);
    const [, line, remark] = text.split('\n');
    strictEqual(
      line.replace(/ {2,}/g, ' | '),
      'a.ipynb | no answer since Fri Jan 02 2026, 03:04:05 | 1.0 MiB (12 s ago) | 2.0 MiB (12 s ago) | –'
    );
    strictEqual(remark, 'Why.');
    const fresh = drawReadings([row(null)]).text.split('\n')[1];
    strictEqual(
      fresh.replace(/ {2,}/g, ' | '),
      'a.ipynb | idle | 1.0 MiB | 2.0 MiB | –'
    );
  }
);

Deno.test('a line of the chart stops where a figure is not known', () => {
  const figures = [1, 2, null, null, 3, 4];
  const samples = figures.map((bytes, index): IWatchSample => ({
    timeMs: 1000 * index,
    reservedBytes: bytes === null ? {} : { 'a.ipynb': bytes },
    problems: {}
  }));
  const { html } = drawChart(samples, [row(null)]);
  const [chart] = html.split('</svg>');
  const lines = [...chart.matchAll(/points="([^"]*)"/g)].map(
    ([, points]) => points.split(' ').length
  );
  strictEqual(lines.join(), '2,2');
});
