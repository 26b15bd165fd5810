// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { IOomFacts } from '../../../src/core/oom';
import { explainOutOfMemory } from '../../../src/core/oom';
import { NO_FIGURES } from '../../../src/core/oom/match/facts';
import rows from '../../fixtures/oom.json';
import gpuRows from '../../fixtures/oom_gpu.json';
import { Random } from '../random';
import { HOST, MET } from './texts';

/** What may stand on the line after a figure; each begins with what could be more of one. */
const FOLLOWING = [
  ...['kernel died', 'kv_cache: init', 'main: error', 'm', 'graph_reserve: no'],
  ...['G', 'tensor_split', 'pid 7', 'buffer', 'b', 'GB', 'MiB of it', 'bytes'],
  ...[
    '12 threads',
    '12 MiB are cached',
    '512',
    ',000 more',
    '.5 of it',
    '0x7f'
  ],
  ...['2024-10-22 10:00:00: begun', '1.06.520.081 done', 'x', '', 'k: 3', '_k']
];
const LINE_ENDS = ['\n', '\r\n', '  \n', '\n\n', '\\n'];
const FIGURE = /\b\d[\d,]*(?:\.\d+)?(?: ?(?:bytes|[KMGT]i?B|[KMGT]|B)\b)?/gi;
const UNIT_NEXT = /^\s*(?:bytes|[KMGT]i?B|[KMGT])\b/i;
const ROUNDS = 12;

const TEXTS = [
  ...[...rows, ...gpuRows].map(({ text }) => text),
  ...MET.map(([, text]) => text),
  ...HOST
];

/** Each text, cut behind each of its figures. */
function cutBehindFigures(): string[] {
  return TEXTS.flatMap(text =>
    [...text.matchAll(FIGURE)]
      .map(match => match.index + match[0].length)
      .filter(end => !UNIT_NEXT.test(text.slice(end)))
      .filter(end => !/^[.\d,]*\d/.test(text.slice(end)))
      .map(end => text.slice(0, end))
  );
}

/** The same, with another number in place of the last. */
function renumbered(text: string, random: Random): string {
  return text.replace(/\d[\d,]*((?:\.\d+)?\D*)$/, (_, rest: string) =>
    /^\.\d/.test(rest)
      ? `${random.below(1000)}${rest}`
      : `${1 + random.below(2 ** 36)}${rest}`
  );
}

function figuresIn(text: string): Partial<IOomFacts> | null {
  const found = explainOutOfMemory(text);
  return (
    found && {
      ...Object.fromEntries(
        Object.keys(NO_FIGURES).map(name => [
          name,
          found[name as keyof typeof NO_FIGURES]
        ])
      ),
      device: found.device,
      backend: found.backend,
      processes: found.processes
    }
  );
}

describe('explainOutOfMemory, where a figure ends its line', () => {
  it('should read what it reads without the next line, whatever that is', () => {
    const random = new Random(31);
    const cut = cutBehindFigures();
    expect(cut.length).toBeGreaterThan(400);
    let read = 0;
    for (const each of cut) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const text = renumbered(each, random);
        const alone = figuresIn(text);
        const next = random.pick(FOLLOWING);
        const both = `${text}${random.pick(LINE_ENDS)}${next}`;
        expect(figuresIn(both), both).toEqual(alone);
        read += alone === null ? 0 : 1;
      }
    }
    expect(read).toBeGreaterThan(2000);
  });

  it.each([
    [
      'ggml_gallocr_reserve_n: failed to allocate Vulkan0 buffer of size 4757131264\ngraph_reserve: failed to allocate compute buffers',
      4757131264
    ],
    [
      'ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 838447104\nmain: error: unable to load model',
      838447104
    ],
    [
      'ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 838447104\nkernel died',
      838447104
    ],
    [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 39.5\n9 GiB. GPU 0 has a total capacity of 79.18 G\niB of which 25.79\nGiB is free.',
      Math.round(39.59 * 2 ** 30)
    ]
  ])('should read the right figure of %s', (text, bytes) => {
    expect(explainOutOfMemory(text)?.requestedBytes).toBe(bytes);
  });

  it('should not take the next line for more of a device, a setting or a length', () => {
    const jax =
      'RESOURCE_EXHAUSTED: Failed to allocate request for 2.00GiB (2147483648B) on device ordinal 0\n2025 lines follow';
    expect(explainOutOfMemory(jax)?.device).toBe('cuda:0');
    const set =
      'export PYTORCH_CUDA_ALLOC_CONF=max_split_size_mb:128\n64 workers\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 80.00 GiB of which 5.00 GiB is free. Of the allocated memory 20.00 GiB is allocated by PyTorch, and 54.00 GiB is reserved by PyTorch but unallocated.';
    expect(explainOutOfMemory(set)?.remedies[0]?.code).toContain(
      '"max_split_size_mb:128,expandable_segments:True"'
    );
    const vllm =
      'ValueError: (24.0 GiB KV cache is needed, which is larger than the available KV cache memory (3.18 GiB). Based on the available memory, the estimated maximum model length is 34736\n12 more';
    expect(explainOutOfMemory(vllm)?.remedies[0]?.code).toContain(
      'max_model_len=34736,'
    );
  });
});
