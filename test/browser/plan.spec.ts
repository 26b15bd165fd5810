import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { serverHere } from './here';
import { take } from './python';

const fixture = useLab();

const CONFIG = {
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  tie_word_embeddings: true
};

/** Open a notebook whose kernel has a practice device of 4 GiB, and the section. */
async function openPlan(): Promise<Locator> {
  const { lab } = fixture;
  const notebook = await lab.watchedNotebook([take('a', 300)]);
  await notebook.run(0);
  const fold = lab.panel.root.getByRole('button', {
    name: 'Plan',
    exact: true
  });
  if ((await fold.getAttribute('aria-expanded')) === 'false') {
    await fold.click();
  }
  const plan = lab.panel.root.locator('.jp-VramPlan');
  await plan.waitFor();
  return plan;
}

async function choose(
  plan: Locator,
  label: string,
  option: string
): Promise<void> {
  await plan.getByLabel(label, { exact: true }).selectOption({ label: option });
}

/** The problem that is shown. */
function problem(plan: Locator): Locator {
  return plan.getByRole('alert');
}

/** Ask the kernel what is at `where`. */
async function read(plan: Locator, where: string): Promise<void> {
  await plan.getByLabel('Path on the kernel’s machine').fill(where);
  await plan.getByRole('button', { name: 'Read' }).click();
}

describe('The plan', () => {
  it('should say what fits on the kernel’s GPU, the best first', async () => {
    const plan = await openPlan();
    await choose(plan, 'Model', 'Qwen2.5 3B');
    const gpu = plan.getByLabel('GPU', { exact: true });
    await expect.poll(() => gpu.inputValue()).toBe('kernel:practice');
    const rows = plan.getByRole('radiogroup', { name: 'Formats' });
    const best = rows.getByText('best that fits');
    await expect.poll(() => best.count()).toBe(1);
    const row = rows.locator('[data-first="true"]');
    await expect.poll(() => row.getByRole('radio').isChecked()).toBe(true);
    const bf16 = rows.locator('[data-status="too-big"]', { hasText: 'bf16' });
    await expect.poll(() => bf16.count()).toBe(1);
    await rows.getByRole('radio', { name: /bf16/ }).check();
    await plan
      .getByText(/^\S+ \S+ is missing|is missing\.$/)
      .first()
      .waitFor();
    const remedies = plan.getByRole('listitem');
    const words = await remedies.allInnerTexts();
    const order = ['8 bit with', '4 bit with', 'Q8_0 with', 'Q4_K_M with'];
    const places = order.map(each =>
      words.findIndex(word => word.includes(each))
    );
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(places).not.toContain(-1);
  });

  it('should follow the context and the cache', async () => {
    const plan = await openPlan();
    await choose(plan, 'Model', 'Llama 3.2 1B');
    const cache = plan
      .locator('dt', { hasText: 'Keys and values' })
      .locator('xpath=following-sibling::dd[1]');
    const exact = (): Promise<string | null> => cache.getAttribute('title');
    await plan.getByRole('radio', { name: /^bf16/ }).check();
    await expect.poll(exact).toBe('134,217,728 bytes');
    await plan.getByLabel('Context').fill('8192');
    await expect.poll(exact).toBe('268,435,456 bytes');
    await choose(plan, 'Cache', '8 bit');
    await expect.poll(exact).toBe('142,606,336 bytes');
  });

  it('should insert cells that Python can read', async () => {
    const { lab } = fixture;
    const plan = await openPlan();
    await choose(plan, 'Model', 'Llama 3.2 1B');
    await plan.getByRole('radio', { name: /nf4/ }).check();
    await plan.getByRole('button', { name: 'transformers' }).click();
    await plan.getByRole('radio', { name: /Q4_K_M/ }).check();
    await plan.getByRole('button', { name: 'llama-cpp-python' }).click();
    const notebook = await lab.notebookAt(
      (await lab.panel.title.innerText()).trim()
    );
    await expect.poll(async () => (await notebook.cells()).length).toBe(3);
    const sources = (await notebook.cells()).map(({ source }) => source);
    expect(sources.join('\n')).toContain('meta-llama/Llama-3.2-1B-Instruct');
    expect(sources.join('\n')).toContain('load_in_4bit=True');
    expect(sources.join('\n')).toContain('filename="*Q4_K_M.gguf"');
    for (const source of sources) {
      const code = `__import__("ast").dump(__import__("ast").parse(${JSON.stringify(source)}))[:6]`;
      expect(await notebook.ask(code)).toContain('Module');
    }
  });
});

describe('A pasted config', () => {
  it('should be planned for, or refused with the field that is wrong', async () => {
    const plan = await openPlan();
    await choose(plan, 'Model', 'Paste a config …');
    const text = plan.getByLabel('The text of a config.json');
    await text.fill('not a config');
    await problem(plan).filter({ hasText: 'not JSON' }).waitFor();
    await text.fill(JSON.stringify({ ...CONFIG, num_hidden_layers: 0 }));
    await problem(plan).filter({ hasText: '`num_hidden_layers`' }).waitFor();
    await text.fill(JSON.stringify({ ...CONFIG, hidden_size: '<b>576</b>' }));
    await problem(plan).filter({ hasText: '<b>576</b>' }).waitFor();
    expect(await plan.locator('b').count()).toBe(0);
    await text.fill(JSON.stringify({ ...CONFIG, model_type: 'tomorrow' }));
    await plan.getByText('The architecture tomorrow is not known').waitFor();
    await text.fill(JSON.stringify(CONFIG));
    await plan.getByText('best that fits').waitFor();
    await expect.poll(() => problem(plan).count()).toBe(0);
  });
});

describe('A path on the kernel’s machine', () => {
  it('should be read there, and refused with the reason', async () => {
    const { folder } = serverHere();
    const models = path.join(folder, 'models');
    await mkdir(models, { recursive: true });
    await writeFile(path.join(models, 'config.json'), JSON.stringify(CONFIG));
    await writeFile(path.join(models, 'cut.gguf'), 'GGUF\u0003\0\0\0');
    const plan = await openPlan();
    await choose(plan, 'Model', 'On the kernel’s machine …');
    await read(plan, path.join(models, 'nowhere'));
    await problem(plan).filter({ hasText: 'There is no file' }).waitFor();
    await read(plan, path.join(models, 'cut.gguf'));
    await problem(plan).filter({ hasText: 'ends within its header' }).waitFor();
    await read(plan, models);
    await plan.getByText('best that fits').waitFor();
    await expect.poll(() => problem(plan).count()).toBe(0);
    await plan.getByRole('radio', { name: /bf16/ }).check();
    const load = plan.getByLabel('Load', { exact: true });
    await expect.poll(() => load.inputValue()).toBe(models);
    await plan
      .getByRole('button', { name: 'Look in the Hugging Face cache' })
      .click();
    await plan.getByText('There is no model in the cache.').waitFor();
  });
});
