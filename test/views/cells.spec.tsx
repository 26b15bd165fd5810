import * as React from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import { Cells } from '../../src/views/timeline/cells';
import { draw, eraseAll, texts, trans } from './draw';
import { record } from './fake';

describe('Cells', () => {
  afterEach(eraseAll);

  it('should list the latest five runs, the latest on top', async () => {
    const records = [1, 2, 3, 4, 5, 6, 7].map(run => record(run, run, run + 1));
    const node = await draw(
      <Cells records={records} deviceId="cuda:0" trans={trans} />
    );
    expect(texts(node, 'tbody th')).toEqual([
      '[7]',
      '[6]',
      '[5]',
      '[4]',
      '[3]'
    ]);
  });

  it('should show change, peak and what stayed', async () => {
    const records = [
      record(4, 1, 3, { peak: 5 }),
      record(5, 3, 0.5, { peak: 3.5, exact: false })
    ];
    const node = await draw(
      <Cells records={records} deviceId="cuda:0" trans={trans} />
    );
    expect(texts(node, 'tbody td')).toEqual([
      ...['−2.50 GiB', '≥3.50 GiB', '512 MiB'],
      ...['+2.00 GiB', '5.00 GiB', '3.00 GiB']
    ]);
    const titles = [...node.querySelectorAll('td')].map(cell => cell.title);
    expect(titles[1]).toBe('at least 3,758,096,384 bytes');
    expect(titles[4]).toBe('5,368,709,120 bytes');
  });

  it('should mark a run that failed', async () => {
    const node = await draw(
      <Cells
        records={[record(1, 0, 1, { ok: false }), record(2, 1, 1)]}
        deviceId="cuda:0"
        trans={trans}
      />
    );
    const marked = [...node.querySelectorAll('tbody tr')].map(
      row => row.querySelector('[aria-label=failed]') !== null
    );
    expect(marked).toEqual([false, true]);
  });

  it('should skip runs of other devices, and say when there are none', async () => {
    const node = await draw(
      <Cells records={[record(1, 0, 1)]} deviceId="cuda:1" trans={trans} />
    );
    expect(node.querySelector('table')).toBeNull();
    expect(node.textContent).toContain('Run a cell');
  });
});
