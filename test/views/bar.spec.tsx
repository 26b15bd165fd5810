import * as React from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import { Bar } from '../../src/views/devices/bar';
import { draw, eraseAll, texts, trans } from './draw';
import { device, GIB } from './fake';

describe('Bar', () => {
  afterEach(eraseAll);

  it('should list every part with its figure', async () => {
    const node = await draw(<Bar device={device()} trans={trans} />);
    expect(texts(node, 'li')).toEqual([
      'Live tensors14.2 GiB',
      'Cached2.20 GiB',
      'Fragmented1.20 GiB',
      'Context614 MiB',
      'Others4.90 GiB',
      'Free56.5 GiB'
    ]);
  });

  it('should fill the bar in the same shares', async () => {
    const node = await draw(<Bar device={device()} trans={trans} />);
    const widths = [
      ...node.querySelectorAll<HTMLElement>('.jp-VramBar-part')
    ].map(part => parseFloat(part.style.width));
    expect(widths[0]).toBeCloseTo((14.2 / 79.6) * 100);
    expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100);
  });

  it('should say all of it to a screen reader', async () => {
    const node = await draw(<Bar device={device()} trans={trans} />);
    const bar = node.querySelector('[role=img]');
    expect(bar?.getAttribute('aria-label')).toBe(
      'Live tensors 14.2 GiB, Cached 2.20 GiB, Fragmented 1.20 GiB, Context 614 MiB, Others 4.90 GiB, Free 56.5 GiB'
    );
  });

  it('should keep exact bytes for the tooltip', async () => {
    const node = await draw(
      <Bar device={device({ allocatedBytes: 2 * GIB + 1 })} trans={trans} />
    );
    expect(node.querySelector('li')?.title).toBe(
      'Live tensors: 2,147,483,649 bytes\nTensors of this kernel that something still refers to.'
    );
  });

  it('should call what the driver does not say unknown', async () => {
    const node = await draw(
      <Bar
        device={device({
          kind: 'mps',
          freeBytes: null,
          processBytes: null,
          pinnedBytes: null,
          totalBytes: 32 * GIB
        })}
        trans={trans}
      />
    );
    expect(texts(node, 'li')).toEqual([
      'Live tensors14.2 GiB',
      'Cached3.40 GiB',
      'Unknown14.4 GiB'
    ]);
  });

  it('should not invent a total', async () => {
    const node = await draw(
      <Bar
        device={device({
          freeBytes: null,
          processBytes: null,
          totalBytes: null
        })}
        trans={trans}
      />
    );
    expect(texts(node, 'li').at(-1)).toBe('Free–');
  });
});
