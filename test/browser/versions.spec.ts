import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { END_OF_LEAK, LEAK, MIB, MODEL } from './python';

const fixture = useLab();

/** Short, since it runs on the oldest versions, too: `npm test -- oldest`. */
describe('On these versions of JupyterLab, ipykernel and PyTorch', () => {
  it('the panel should show memory, warn of a leak and clear', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([MODEL, LEAK, END_OF_LEAK]);
    await notebook.run(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(190 * MIB);
    await notebook.run(1);
    await panel.warnings
      .filter({ hasText: 'del model freed 0 of 192 MiB.' })
      .waitFor();
    await notebook.run(2);
    await panel.warnings.waitFor({ state: 'detached' });
    await panel.choose('Clear Quietly');
    await expect.poll(() => panel.bytes('reserved')).toBeLessThan(100 * MIB);
    await panel.result.filter({ hasText: 'came back' }).waitFor();
    expect(lab.errors).toEqual([]);
  });
});
