import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { llamaFigures } from '../../src/core/plan/llamacpp/llamacpp';
import { simulate } from '../../src/core/plan/torch/simulate';
import { torchSplit } from '../../src/core/plan/torch/splittorch';
import { GIB } from '../../src/core/text/units';
import { ALL_KEY, CARD_GPUS } from '../../src/views/plan/cards';
import { Planner } from '../../src/views/plan/planner';
import { attach, eraseAll, texts, trans } from './draw';
import { device, FakeActions, FakeMonitor, reading } from './fake';

vi.mock(import('../../src/core/plan/torch/simulate'), async original => {
  const module = await original();
  return { ...module, simulate: vi.fn(module.simulate) };
});
vi.mock(import('../../src/core/plan/llamacpp/llamacpp'), async original => {
  const module = await original();
  return { ...module, llamaFigures: vi.fn(module.llamaFigures) };
});
vi.mock(import('../../src/core/plan/torch/splittorch'), async original => {
  const module = await original();
  return { ...module, torchSplit: vi.fn(module.torchSplit) };
});

/** Draws the planner anew at each update, as the panel does. */
class Redrawn extends ReactWidget {
  freeGiB = 12;
  draws = 0;

  protected override render(): React.JSX.Element {
    this.draws++;
    const devices = [0, 1].map(index =>
      device({
        ...{ id: `cuda:${index}`, index, totalBytes: 16 * GIB },
        ...{ allocatedBytes: 0, reservedBytes: 0, processBytes: 0 },
        freeBytes: this.freeGiB * GIB
      })
    );
    return (
      <Planner
        monitor={new FakeMonitor({ reading: reading(devices) })}
        actions={new FakeActions()}
        trans={trans}
        hasDocument={true}
      />
    );
  }
}

describe('Planner, drawn anew', () => {
  afterEach(eraseAll);

  const plans = (): number =>
    [simulate, llamaFigures, torchSplit]
      .map(each => vi.mocked(each).mock.calls.length)
      .reduce((sum, calls) => sum + calls, 0);

  let widget: Redrawn;

  /** How many plans are computed while the panel is drawn once more. */
  const redraw = async (): Promise<number> => {
    const before = plans();
    const { draws } = widget;
    widget.update();
    await vi.waitFor(() => expect(widget.draws).toBeGreaterThan(draws));
    await widget.renderPromise;
    return plans() - before;
  };

  const change = (label: string, value: string): void => {
    const select = [...widget.node.querySelectorAll('select')].find(
      each => each.labels?.[0]?.textContent === label
    );
    if (select === undefined) {
      throw new Error(`there is no ${label}`);
    }
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  };

  /** Choose a row of the table. */
  const choose = async (format: string): Promise<void> => {
    const row = [
      ...widget.node.querySelectorAll<HTMLElement>('.jp-VramPlan-row')
    ].find(
      each => each.querySelector('.jp-VramPlan-format')?.textContent === format
    );
    row?.click();
    await vi.waitFor(() =>
      expect(row?.querySelector('input')?.checked).toBe(true)
    );
  };

  const remedies = (): string[] =>
    texts(widget.node, '.jp-VramPlan-remedies li');

  const left = (): string | undefined =>
    texts(widget.node, '.jp-VramPlan-details > p')[0];

  beforeEach(async () => {
    widget = await attach(new Redrawn());
    change('Model', 'preset:Qwen3 8B');
    change('GPU', 'kernel:cuda:0');
    await vi.waitFor(() =>
      expect(texts(widget.node, '.jp-VramPlan-row').length).toBeGreaterThan(5)
    );
  });

  it('should compute no plan while nothing has changed', async () => {
    await choose('bf16');
    await vi.waitFor(() => expect(remedies()).not.toEqual([]));
    await redraw();
    expect(await redraw()).toBe(0);
  });

  it('should compute no plan when only free memory changes, and say what is left', async () => {
    await choose('bf16');
    await vi.waitFor(() => expect(remedies()[0]).toContain('GPUs'));
    await redraw();
    const before = left();
    widget.freeGiB = 11;
    // What each of several GPUs gets depends on what is free.
    const splits = vi.mocked(torchSplit).mock.calls.length;
    const computed = await redraw();
    expect(computed).toBeLessThanOrEqual(
      2 * (vi.mocked(torchSplit).mock.calls.length - splits)
    );
    await vi.waitFor(() => expect(left()).not.toBe(before));
    expect(left()).toContain('is missing');
    widget.freeGiB = 16;
    await redraw();
    await choose('Q8_0');
    await redraw();
    widget.freeGiB = 15;
    const full = left();
    expect(await redraw()).toBe(0);
    expect(left()).not.toBe(full);
    expect(left()).toContain('stays free');
  });

  it('should compute no plan for cards when memory of the kernel changes', async () => {
    change('GPU', CARD_GPUS[0]?.key ?? '');
    await vi.waitFor(() =>
      expect(texts(widget.node, 'label')).toContain('How many')
    );
    change('How many', '2');
    await vi.waitFor(() =>
      expect(texts(widget.node, '.jp-VramPlan-split')).toHaveLength(1)
    );
    await redraw();
    widget.freeGiB = 10;
    expect(await redraw()).toBe(0);
  });

  it('should plan anew for several GPUs when their memory changes', async () => {
    change('GPU', ALL_KEY);
    await vi.waitFor(() =>
      expect(texts(widget.node, '.jp-VramPlan-split')).toHaveLength(1)
    );
    await redraw();
    expect(await redraw()).toBe(0);
    widget.freeGiB = 2;
    expect(await redraw()).toBeGreaterThan(0);
    await vi.waitFor(() =>
      expect(texts(widget.node, '.jp-VramPlan-split')[0]).not.toContain(
        'It fits across'
      )
    );
  });

  it('should plan anew for another context, and know the first again', async () => {
    const before = plans();
    const input = widget.node.querySelector<HTMLInputElement>(
      'input[type="number"]'
    );
    const proto = Object.getPrototypeOf(input) as object;
    const type = async (value: string): Promise<number> => {
      const start = plans();
      Object.getOwnPropertyDescriptor(proto, 'value')?.set?.call(input, value);
      input?.dispatchEvent(new Event('input', { bubbles: true }));
      await vi.waitFor(() => expect(input?.value).toBe(value));
      await redraw();
      return plans() - start;
    };
    expect(before).toBeGreaterThan(5);
    expect(await type('8192')).toBeGreaterThan(5);
    expect(await type('4096')).toBe(0);
  });
});
