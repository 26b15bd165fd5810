import { describe, expect, it } from 'vitest';

import type { INumbered } from '../../src/core/text/devicename';
import {
  deviceName,
  deviceNameOf,
  gpuName,
  nameHere,
  shortDeviceName
} from '../../src/core/text/devicename';
import type { IDeviceReading, IGpu } from '../../src/core/wire/generated';
import { english } from '../../src/core/text/translation';
import { readingOf } from './oom/kernel';

function device(
  index: number,
  driverIndex: number | null,
  driverSlice: number | null = null
): INumbered {
  return { id: `cuda:${index}`, index, driverIndex, driverSlice };
}

const names = (each: INumbered): string[] => [
  deviceName(each, english),
  shortDeviceName(each, english)
];

describe('deviceName', () => {
  it('should give both numbers where they differ', () => {
    expect(names(device(0, 1))).toEqual([
      'cuda:0 (GPU 1 in nvidia-smi)',
      'cuda:0 (GPU 1)'
    ]);
  });

  it('should name a slice by its GPU, even where the numbers agree', () => {
    expect(names(device(0, 0, 0))).toEqual([
      'cuda:0 (MIG slice 0 of GPU 0 in nvidia-smi)',
      'cuda:0 (GPU 0, MIG 0)'
    ]);
  });

  it('should give one where they agree, or the driver did not tell', () => {
    expect(names(device(1, 1))).toEqual(['cuda:1', 'cuda:1']);
    expect(names(device(1, null))).toEqual(['cuda:1', 'cuda:1']);
    expect(names(device(1, null, 3))).toEqual(['cuda:1', 'cuda:1']);
  });

  it('should find a device by its id', () => {
    const devices = [device(0, 1), device(1, 0)];
    expect(deviceNameOf('cuda:1', devices, english)).toContain('GPU 0');
    expect(deviceNameOf('practice', devices, english)).toBe('practice');
  });
});

function gpu(uuid: string, index: number, parentUuid: string | null): IGpu {
  return {
    ...{ uuid, index, parentUuid },
    name: null,
    totalBytes: null,
    usedBytes: null,
    isListed: true,
    otherBytes: null
  };
}

function torch(index: number, uuid: string | null): IDeviceReading {
  const [any] = readingOf().devices;
  return { ...(any as IDeviceReading), id: `cuda:${index}`, index, uuid };
}

describe('nameHere', () => {
  const gpus = [
    gpu('aaa', 0, null),
    gpu('bbb', 1, null),
    gpu('MIG-ccc', 0, 'bbb')
  ];
  const [first, second, slice] = gpus as [IGpu, IGpu, IGpu];

  it('should join by UUID alone, however either side marks it', () => {
    const whole = [first, gpu('ddd', 1, null)];
    const devices = [torch(0, 'GPU-ddd'), torch(1, 'aaa')];
    expect(whole.map(each => nameHere(each, whole, devices))).toEqual([
      'cuda:1',
      'cuda:0'
    ]);
    expect(nameHere(slice, gpus, [torch(0, 'ccc')])).toBe('cuda:0');
  });

  it('should say nothing where the numbers agree, or nothing is known', () => {
    expect(nameHere(first, gpus, [torch(0, 'aaa')])).toBeNull();
    expect(nameHere(first, gpus, [torch(1, null)])).toBeNull();
    expect(nameHere(first, gpus, [])).toBeNull();
  });

  it('should take a GPU that is cut in slices for no device', () => {
    expect(nameHere(second, gpus, [torch(0, 'bbb')])).toBeNull();
  });

  it('should leave the numbers of other makers alone', () => {
    const hip = { ...torch(1, 'aaa'), kind: 'hip' as const };
    expect(nameHere(first, gpus, [hip])).toBeNull();
  });

  it('should name slices by their GPU', () => {
    expect(gpus.map(each => gpuName(each, gpus, english))).toEqual([
      'GPU 0',
      'GPU 1',
      'MIG slice 0 of GPU 1'
    ]);
    expect(gpuName(gpu('MIG-x', 3, 'gone'), gpus, english)).toBe('MIG slice 3');
  });
});
