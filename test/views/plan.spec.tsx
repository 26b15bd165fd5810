import * as React from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import {
  firstThatFits,
  gpuOf,
  parameterCounts,
  plansOf
} from '../../src/core/plan';
import { PRESETS } from '../../src/core/plan/presets';
import { GIB } from '../../src/core/units';
import {
  ALL_KEY,
  CARD_GPUS,
  chosenGpu,
  chosenGpus
} from '../../src/views/plan/cards';
import { Planner } from '../../src/views/plan/planner';
import type { Source } from '../../src/views/plan/state';
import { chosenOf } from '../../src/views/plan/state';
import { button, draw, eraseAll, texts, trans } from './draw';
import { device, FakeActions, FakeMonitor, reading } from './fake';

const CARD = {
  name: 'card',
  totalBytes: 24 * GIB,
  freeBytes: null,
  computeCapability: [8, 6] as const
};

function preset(name: string): Source {
  return { kind: 'preset', name };
}

describe('PRESETS', () => {
  it('should be at least 40 models, each with a name of its own', () => {
    expect(PRESETS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length);
  });

  it('should each be planned for as a known family', () => {
    for (const { name, repository, gguf } of PRESETS) {
      expect(gguf).toMatch(/^$|^[\w.-]+\/[\w.-]+-GGUF$/);
      const { shape, problem, model } = chosenOf(preset(name));
      expect(problem, name).toBe(null);
      expect(shape?.doubts.includes('unknown-architecture'), name).toBe(false);
      expect(model).toBe(repository);
      expect(repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
    }
  });

  it('should have as many parameters as their names say', () => {
    for (const { name } of PRESETS) {
      const size = / (\d+(?:\.\d+)?)(B|M)\b/.exec(name);
      const { shape } = chosenOf(preset(name));
      if (size && shape && !name.startsWith('OLMoE')) {
        const billions = Number(size[1]) / (size[2] === 'M' ? 1000 : 1);
        const { total } = parameterCounts(shape);
        // Names round, and Gemma's leave the embedding out.
        expect(total / 1e9 / billions, name).toBeGreaterThan(0.88);
        expect(total / 1e9 / billions, name).toBeLessThan(1.32);
      }
    }
  });
});

describe('chosenOf()', () => {
  it('should say in one sentence what is wrong with a pasted text', () => {
    const problem = (text: string): string | null =>
      chosenOf({ kind: 'pasted', text }).problem;
    expect(problem('')).toBe(null);
    expect(problem('{')).toContain('not JSON');
    expect(problem('{}')).toContain('`hidden_size`');
    expect(problem('[1]')).toContain('an object');
  });

  it('should take the format in which a model was published', () => {
    expect(chosenOf(preset('gpt-oss 20B')).native).toBe('mxfp4');
    expect(chosenOf(preset('Qwen3 8B')).native).toBe(null);
  });
});

describe('gpuOf()', () => {
  it('should count what a load uses again as free', () => {
    const gpu = gpuOf({
      ...device(),
      totalBytes: 80 * GIB,
      freeBytes: 50 * GIB,
      allocatedBytes: 10 * GIB,
      reservedBytes: 14 * GIB,
      processBytes: 15 * GIB
    });
    expect(gpu?.freeBytes).toBe(55 * GIB);
    expect(gpu?.computeCapability).toEqual([9, 0]);
    expect(gpuOf({ ...device(), totalBytes: null })).toBe(null);
  });
});

describe('plansOf()', () => {
  it('should go from the best format to the smallest', () => {
    const { shape, native = null } = chosenOf(preset('Qwen3 8B'));
    if (shape === undefined) {
      throw new Error('Qwen3 8B is not there');
    }
    const plans = plansOf({ shape, native }, { gpus: [CARD] });
    const sizes = plans.map(({ weightsBytes }) => weightsBytes);
    expect(sizes[0]).toBe(Math.max(...sizes));
    expect(firstThatFits(plans)?.format).toBe('bf16');
    const small = plansOf(
      { shape, native },
      { gpus: [{ ...CARD, totalBytes: GIB }] }
    );
    expect(firstThatFits(small)).toBe(null);
  });

  it('should offer no GGUF for encoders', () => {
    const { shape, native = null } = chosenOf(preset('ModernBERT base'));
    const plans = shape ? plansOf({ shape, native }, {}) : [];
    expect(plans.length).toBeGreaterThan(2);
    expect(plans.every(({ runtime }) => runtime === 'transformers')).toBe(true);
  });
});

describe('chosenGpu()', () => {
  it('should be the kernel’s by default, and a common one where it has none', () => {
    const own = { key: 'kernel:cuda:0', gpu: CARD };
    expect(chosenGpu('', [own])).toBe(own);
    expect(chosenGpu('', [])?.gpu.name).toContain('4090');
    const first = CARD_GPUS[0];
    expect(chosenGpu(first?.key ?? '', [own])).toBe(first);
  });
});

describe('chosenGpus()', () => {
  const own = [
    { key: 'kernel:cuda:0', gpu: CARD },
    { key: 'kernel:cuda:1', gpu: CARD }
  ];

  it('should be all of the kernel’s, one of them, or some of a card', () => {
    expect(chosenGpus(ALL_KEY, 4, own)).toEqual([CARD, CARD]);
    expect(chosenGpus('kernel:cuda:1', 4, own)).toEqual([CARD]);
    const card = CARD_GPUS[0];
    expect(chosenGpus(card?.key ?? '', 2, own)).toEqual([card?.gpu, card?.gpu]);
    expect(chosenGpus(ALL_KEY, 1, own.slice(1))).toEqual([CARD]);
  });
});

describe('Planner with several GPUs', () => {
  afterEach(eraseAll);

  const gpus = (gib: number, places = [0, 1]): FakeMonitor =>
    new FakeMonitor({
      reading: reading(
        places.map(index =>
          device({
            id: `cuda:${index}`,
            index,
            allocatedBytes: 0,
            reservedBytes: 0,
            processBytes: 0,
            freeBytes: gib * GIB,
            totalBytes: gib * GIB
          })
        )
      )
    });

  const drawn = async (
    gib: number,
    actions = new FakeActions(),
    places?: number[]
  ): Promise<HTMLElement> =>
    draw(
      <Planner
        monitor={gpus(gib, places)}
        actions={actions}
        trans={trans}
        hasDocument={true}
      />
    );

  const change = (node: HTMLElement, label: string, value: string): void => {
    const select = [...node.querySelectorAll('select')].find(
      each => each.labels?.[0]?.textContent === label
    );
    if (select === undefined) {
      throw new Error(`there is no ${label}`);
    }
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  };

  const bf16 = (node: HTMLElement): void =>
    [...node.querySelectorAll<HTMLElement>('.jp-VramPlan-row')]
      .find(row => row.textContent?.includes('bf16'))
      ?.click();

  it('should plan for all of them together, and insert a cell that says so', async () => {
    const actions = new FakeActions();
    const node = await drawn(12, actions);
    change(node, 'Model', 'preset:Qwen3 8B');
    change(node, 'GPU', ALL_KEY);
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPlan-split')).toEqual([
        'It fits across 2 GPUs.'
      ])
    );
    bf16(node);
    const items = await vi.waitFor(() => {
      const found = texts(node, '.jp-VramPlan-details li[data-status]');
      expect(found).toHaveLength(2);
      return found;
    });
    expect(items[0]).toMatch(
      /^GPU 0: .* of 12.0 GiB for embedding, layers 0 to/
    );
    button(node, 'transformers').click();
    expect(actions.calls[0]).toMatch(
      /device_map="auto",\n +max_memory=\{0: "[\d.]+GiB", 1: "[\d.]+GiB"\}/
    );
  });

  it('should offer that where one is not enough', async () => {
    const node = await drawn(12);
    change(node, 'Model', 'preset:Qwen3 8B');
    bf16(node);
    await vi.waitFor(() => {
      const [first] = texts(node, '.jp-VramPlan-remedies li');
      expect(first).toContain('Over all 2 GPUs of this kernel');
    });
    node.querySelector<HTMLElement>('.jp-VramPlan-remedies button')?.click();
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPlan-split')).toHaveLength(1)
    );
  });

  it('should not number GPUs of which one does not answer', async () => {
    const node = await drawn(12, new FakeActions(), [0, 2]);
    const labels = texts(node, 'optgroup:first-of-type option');
    expect(labels).toHaveLength(2);
    expect(labels[1]).toMatch(/^GPU 2, NVIDIA H100/);
    change(node, 'Model', 'preset:Qwen3 8B');
    bf16(node);
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPlan-remedies li')).not.toHaveLength(0)
    );
    expect(texts(node, '.jp-VramPlan-remedies').join()).not.toContain('all 2');
  });

  it('should plan for two of a card', async () => {
    const node = await drawn(12);
    expect(texts(node, 'label')).not.toContain('How many');
    change(node, 'Model', 'preset:Qwen3 8B');
    change(node, 'GPU', CARD_GPUS[0]?.key ?? '');
    await vi.waitFor(() => expect(texts(node, 'label')).toContain('How many'));
    change(node, 'How many', '2');
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPlan-split')).toHaveLength(1)
    );
  });
});

describe('Planner', () => {
  afterEach(eraseAll);

  const planner = (): React.JSX.Element => (
    <Planner
      monitor={null}
      actions={new FakeActions()}
      trans={trans}
      hasDocument={false}
    />
  );

  it('should work without a kernel, and insert nothing then', async () => {
    const node = await draw(planner());
    expect(texts(node, '.jp-VramPlan-format')).toContain('Q4_K_M');
    expect(texts(node, '[data-first="true"] .jp-VramPlan-format')).toHaveLength(
      1
    );
    const links = [...node.querySelectorAll('.jp-VramPlan-cells button')];
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) {
      expect(link.getAttribute('aria-disabled')).toBe('true');
    }
  });

  it('should give every control a name', async () => {
    const node = await draw(planner());
    const controls = node.querySelectorAll('select, input');
    expect(controls.length).toBeGreaterThan(5);
    for (const control of controls) {
      const labels = (control as HTMLInputElement).labels?.length ?? 0;
      expect(labels > 0 || control.hasAttribute('aria-label')).toBe(true);
    }
  });

  it('should show what was measured beside the plan once something is loaded', async () => {
    const measured = async (allocatedBytes: number): Promise<string[]> => {
      const own = { allocatedBytes, peakAllocatedBytes: 2.5 * GIB };
      const monitor = new FakeMonitor({ reading: reading([device(own)]) });
      const node = await draw(
        <Planner
          monitor={monitor}
          actions={new FakeActions()}
          trans={trans}
          hasDocument={true}
        />
      );
      node.querySelectorAll<HTMLElement>('.jp-VramPlan-row')[1]?.click();
      return vi.waitFor(() => {
        const chosen = node.querySelector('.jp-VramPlan-row input:checked');
        expect(chosen?.parentElement?.textContent).toContain('bf16');
        return texts(node, '.jp-VramPlan-measured');
      });
    };
    expect(await measured(0)).toEqual([]);
    const [words] = await measured(2.3 * GIB);
    expect(words).toContain('2.30 GiB allocated (weights planned: 2.30 GiB)');
    expect(words).toContain('peak 2.50 GiB');
  });
});
