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
import { CARD_GPUS, chosenGpu } from '../../src/views/plan/cards';
import { Planner } from '../../src/views/plan/planner';
import type { Source } from '../../src/views/plan/state';
import { chosenOf } from '../../src/views/plan/state';
import { draw, eraseAll, texts, trans } from './draw';
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
