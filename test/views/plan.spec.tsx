import * as React from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { GIB } from '../../src/core/text/units';
import { ALL_KEY, CARD_GPUS } from '../../src/views/plan/cards';
import { Planner } from '../../src/views/plan/planner';
import { button, draw, eraseAll, texts, trans } from './draw';
import { device, FakeActions, FakeMonitor, reading } from './fake';

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
    expect(labels[1]).toMatch(/^cuda:2, NVIDIA H100/);
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

  const typed = (node: HTMLElement, selector: string, value: string): void => {
    const field = node.querySelector<HTMLInputElement>(selector);
    if (field === null) {
      throw new Error(`there is no ${selector}`);
    }
    // What React has put in its way remembers the last value.
    const proto = Object.getPrototypeOf(field) as object;
    Object.getOwnPropertyDescriptor(proto, 'value')?.set?.call(field, value);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };

  it.each(['0', '-1', '1.5', '99999999', ''])(
    'should say that %j is no context, and show nothing of an older one',
    async value => {
      const node = await draw(planner());
      const input = 'input[type="number"]';
      typed(node, input, value);
      await vi.waitFor(() =>
        expect(texts(node, '[role="alert"]')).toEqual([
          'The context should be a whole number of tokens from 1 to 16777216.'
        ])
      );
      expect(texts(node, '.jp-VramPlan-row, dd')).toEqual([]);
      const field = node.querySelector(input);
      const alert = node.querySelector('[role="alert"]');
      expect(field?.getAttribute('aria-invalid')).toBe('true');
      expect(field?.getAttribute('aria-describedby')).toBe(alert?.id);
      typed(node, input, '8192');
      await vi.waitFor(() =>
        expect(texts(node, '.jp-VramPlan-row').length).toBeGreaterThan(5)
      );
      expect(texts(node, '[role="alert"]')).toEqual([]);
      expect(field?.getAttribute('aria-invalid')).toBe('false');
    }
  );

  it('should draw sums as sums of what stands above them', async () => {
    const node = await draw(planner());
    for (const row of node.querySelectorAll<HTMLElement>('.jp-VramPlan-row')) {
      const [format = ''] = texts(row, '.jp-VramPlan-format');
      row.click();
      await vi.waitFor(() =>
        expect(row.querySelector('input')?.checked, format).toBe(true)
      );
      let hundredths = 0;
      let sums = 0;
      for (const figure of node.querySelectorAll('dd')) {
        const [, text = ''] =
          /^(\d+\.\d\d) GiB$/.exec(figure.textContent ?? '') ?? [];
        expect(text, format).not.toBe('');
        const shown = Math.round(100 * Number(text));
        if (figure.dataset.role === 'sum') {
          expect(shown, format).toBe(hundredths);
          sums += 1;
        } else if (figure.dataset.role === 'addend') {
          hundredths += shown;
        }
      }
      expect(sums, format).toBe(2);
    }
  });

  it('should not draw a pasted config that is too long, and plan for it', async () => {
    const node = await draw(planner());
    const select = node.querySelector('select');
    if (select) {
      select.value = 'pasted';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
    await vi.waitFor(() => expect(texts(node, 'textarea')).toHaveLength(1));
    const config = {
      ...{ model_type: 'llama', hidden_size: 64, num_hidden_layers: 2 },
      ...{ num_attention_heads: 2, intermediate_size: 128, vocab_size: 100 },
      id2label: Array.from({ length: 100_000 }, () => 'x'.repeat(30))
    };
    typed(node, 'textarea', JSON.stringify(config));
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPlan-row').length).toBeGreaterThan(5)
    );
    expect(texts(node, 'textarea')).toEqual([]);
    expect(node.textContent).toContain('3.1 MiB of text were pasted.');
    button(node, 'Paste another').click();
    await vi.waitFor(() => expect(texts(node, 'textarea')).toHaveLength(1));
    expect(texts(node, '.jp-VramPlan-row')).toEqual([]);
  });
});
