import * as React from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import type { IDeviceReading } from '../../src/core/wire/generated';
import { Devices } from '../../src/views/devices/devices';
import { draw, eraseAll, find, texts, trans } from './draw';
import { device, GIB, reading } from './fake';

/** As CUDA counts them; the kernel uses the first three. */
function gpus(
  count: number,
  change: (index: number) => Partial<IDeviceReading> = () => ({})
): IDeviceReading[] {
  return Array.from({ length: count }, (_, index) =>
    device({
      id: `cuda:${index}`,
      index,
      allocatedBytes: index < 3 ? (index + 1) * GIB : 0,
      reservedBytes: index < 3 ? (index + 1) * GIB : 0,
      ...change(index)
    })
  );
}

async function show(
  devices: IDeviceReading[],
  detail: string | null = null
): Promise<HTMLElement> {
  return draw(
    <Devices
      reading={reading(devices, { detail })}
      current={true}
      trans={trans}
    />
  );
}

describe('Devices', () => {
  afterEach(eraseAll);

  it('should show two devices at full length', async () => {
    const node = await show(gpus(2));
    expect(node.querySelectorAll('.jp-VramDevice-figures')).toHaveLength(2);
    expect(node.querySelector('.jp-VramDevices-list')).toBeNull();
  });

  it('should show eight in a line each, the fullest unfolded', async () => {
    const node = await show(gpus(8));
    expect(texts(node, 'h3')).toEqual(['8 × NVIDIA H100 80GB HBM3']);
    expect(node.textContent).toContain('6.00 GiB allocated, on 3 of 8');
    expect(texts(node, '.jp-VramDevices-place')).toEqual(
      Array.from({ length: 8 }, (_, index) => `cuda:${index}`)
    );
    expect(texts(node, '.jp-VramDevices-figure').slice(1, 4)).toEqual([
      '2.00 / 79.6 GiB',
      '3.00 / 79.6 GiB',
      '0 / 79.6 GiB'
    ]);
    const open = node.querySelectorAll('[aria-expanded="true"]');
    expect([...open].map(({ textContent }) => textContent)).toEqual([
      'cuda:23.00 / 79.6 GiB'
    ]);
  });

  it('should name them by both numbers where nvidia-smi counts otherwise', async () => {
    const node = await show(gpus(8, index => ({ driverIndex: 7 - index })));
    const [first] = node.querySelectorAll<HTMLElement>('.jp-VramDevices-place');
    expect(first?.textContent).toBe('cuda:0 (GPU 7)');
    expect(first?.title).toBe('cuda:0 (GPU 7 in nvidia-smi)');
    const two = await show(gpus(1, () => ({ driverIndex: 0, driverSlice: 1 })));
    expect(two.textContent).toContain(
      'cuda:0 (MIG slice 1 of GPU 0 in nvidia-smi) · driver'
    );
  });

  it('should unfold and fold by a click, and keep what was chosen', async () => {
    const node = await show(gpus(8));
    const lines = [
      ...node.querySelectorAll<HTMLElement>('.jp-VramDevices-line')
    ];
    lines[7]?.click();
    await expect.poll(() => lines[7]?.ariaExpanded).toBe('true');
    expect(node.querySelectorAll('.jp-VramDevice-figures')).toHaveLength(2);
    lines[2]?.click();
    await expect.poll(() => lines[2]?.ariaExpanded).toBe('false');
    expect(node.querySelectorAll('.jp-VramDevice-figures')).toHaveLength(1);
  });

  it('should name devices that differ, a slice beside whole cards', async () => {
    const names = [
      'NVIDIA H100 80GB HBM3',
      'NVIDIA GeForce GTX 1080',
      'NVIDIA H100 80GB HBM3 MIG 1g.10gb'
    ];
    const sizes = [79.6, 8, 9.5];
    const node = await show(
      gpus(3, index => ({
        name: names[index] ?? '',
        totalBytes: (sizes[index] ?? 0) * GIB,
        freeBytes: null,
        allocatedBytes: 0,
        reservedBytes: 0
      }))
    );
    expect(texts(node, 'h3')).toEqual(['3 devices']);
    expect(texts(node, '.jp-VramDevices-product')).toEqual(names);
    expect(texts(node, '.jp-VramDevices-figure')).toEqual([
      '0 / 79.6 GiB',
      '0 / 8.00 GiB',
      '0 / 9.50 GiB'
    ]);
    // Nothing is in use, so none is unfolded.
    expect(node.querySelector('[aria-expanded="true"]')).toBeNull();
    find(node, 'button', texts(node, 'button')[1] ?? '').click();
    await expect.poll(() => node.textContent).toContain('driver value unknown');
  });

  it('should say in words which device no longer answers', async () => {
    const node = await show(gpus(1), 'cuda:1: RuntimeError: <b>lost</b>');
    expect(texts(node, '[role="alert"]')).toEqual([
      'Not every device answers. cuda:1: RuntimeError: <b>lost</b>'
    ]);
    expect(node.querySelector('b b')).toBeNull();
  });
});
