// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { IOomContext, IOutOfMemory } from '../../../src/core/oom';
import { explainOutOfMemory } from '../../../src/core/oom';
import type { IReading } from '../../../src/core/wire/generated';
import { GIB } from '../../../src/core/text/units';
import type { IMessageGib } from './kernel';
import { messageOf, readingOf } from './kernel';

function explain(
  message: IMessageGib | string,
  reading?: IReading,
  context?: IOomContext
): IOutOfMemory {
  const text = typeof message === 'string' ? message : messageOf(message);
  const found = explainOutOfMemory(text, reading, context);
  if (found === null) {
    throw new Error(`Not recognised: ${text}`);
  }
  return found;
}

const ids = ({ remedies }: IOutOfMemory): string[] =>
  remedies.map(({ id }) => id);

describe('explainOutOfMemory, the cause', () => {
  it('should be the request where it is larger than the card', () => {
    const found = explain({ tried: 90, free: 60, allocated: 19 });
    expect(found.cause).toBe('request larger than the card');
    expect(found.sentence).toBe(
      'The request of 90.0 GiB is larger than the whole card, which has 80.0 GiB: no clearing can make it fit.'
    );
    expect(ids(found)).not.toContain('clear');
  });

  it('should be others where they are listed, and name them', () => {
    const found = explain({
      tried: 10,
      free: 2,
      allocated: 9,
      processes: [
        [0, 10],
        [41, 8],
        [42, 60]
      ]
    });
    expect(found).toMatchObject({
      cause: 'another process holds it',
      confidence: 'high'
    });
    expect(found.sentence).toBe(
      'Other processes hold 68.0 GiB of 80.0 GiB (process 42 has 60.0 GiB, process 41 has 8.00 GiB), and 10.0 GiB was asked for.'
    );
    expect(found.remedies[0]?.code).toContain(
      'ps -o pid,user,etime,cmd -p 41,42'
    );
  });

  it('should be others where memory is in use that nobody listed has', () => {
    const found = explain({
      tried: 10,
      free: 2,
      allocated: 9,
      processes: [[0, 10]]
    });
    expect(found.cause).toBe('another process holds it');
    expect(found.sentence).toContain('about 68.0 GiB of 80.0 GiB');
  });

  it('should not take the context of this process for others', () => {
    const found = explain({ tried: 1, free: 0.5, allocated: 78.2 });
    expect(found.cause).toBe('simply full');
  });

  it('should know this process in a container by what it has', () => {
    const found = explain({
      tried: 10,
      free: 1,
      allocated: 30,
      processes: [
        [900, 48],
        [901, 31]
      ]
    });
    expect(found.processes).toEqual([
      { pid: 900, bytes: 48 * GIB, isSelf: false },
      { pid: 901, bytes: 31 * GIB, isSelf: true }
    ]);
    expect(found.cause).toBe('another process holds it');
  });

  it('should not take another process for this one where there is room for both', () => {
    const found = explain({
      tried: 10,
      free: 1,
      allocated: 30,
      processes: [[900, 48]]
    });
    expect(found.processes[0]?.isSelf).toBe(false);
  });

  it('should be fragmentation where what is unused would do', () => {
    const found = explain({
      tried: 20,
      free: 5,
      allocated: 20,
      unallocated: 54,
      processes: [[0, 75]]
    });
    expect(found).toMatchObject({ cause: 'fragmentation', confidence: 'high' });
    expect(ids(found)[0]).toBe('expandable-segments');
    expect(found.remedies[0]?.code).toContain(
      'os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"'
    );
  });

  it('should be a cap though much is free', () => {
    const found = explain({ tried: 10, free: 70, allocated: 4, allowed: 8 });
    expect(found.cause).toBe('memory fraction cap');
    expect(ids(found)[0]).toBe('raise-fraction');
  });

  it('should not be a cap that is as large as the card', () => {
    const found = explain({ tried: 10, free: 0.5, allocated: 78, allowed: 80 });
    expect(found.cause).toBe('simply full');
  });

  it('should be CUDA graphs where their pools have it', () => {
    const found = explain({
      tried: 40,
      free: 26,
      allocated: 1,
      pools: 52,
      processes: [[0, 54]]
    });
    expect(found).toMatchObject({
      cause: 'CUDA graphs',
      privatePoolBytes: 52 * GIB
    });
    expect(ids(found)[0]).toBe('reset-graphs');
  });

  it('should not be CUDA graphs where their pools are small', () => {
    const found = explain({
      tried: 10,
      free: 0.5,
      allocated: 77.5,
      pools: 0.2
    });
    expect(found.cause).toBe('simply full');
  });

  it('should not be the device where enough was free', () => {
    const found = explain({ tried: 2, free: 50, allocated: 20 });
    expect(found.cause).toBe('not device memory');
    expect(found.sentence).toContain('the GPU was not full');
  });

  it('should be the card where what is free is next to nothing, though enough by then', () => {
    const found = explain({ tried: 0.05, free: 0.1, allocated: 78 });
    expect(found.cause).toBe('simply full');
  });

  it('should be what this process holds outside of PyTorch', () => {
    const found = explain({
      tried: 10,
      free: 2,
      allocated: 9,
      processes: [[0, 77]]
    });
    expect(found.cause).toBe('this notebook still holds it');
    expect(found.sentence).toContain('holds 68.0 GiB outside of PyTorch');
  });
});

describe('explainOutOfMemory with what the kernel knows', () => {
  const SECOND_MODEL = { tried: 40, free: 26, allocated: 53 };

  it('should be full from the text alone, and held where the kernel still has it', () => {
    expect(explain(SECOND_MODEL).cause).toBe('simply full');
    const reading = readingOf({
      allocatedBytes: 53 * GIB,
      reservedBytes: 53 * GIB
    });
    expect(explain(SECOND_MODEL, reading).cause).toBe(
      'this notebook still holds it'
    );
  });

  it('should stay full for one more small step of a loop', () => {
    const reading = readingOf({ allocatedBytes: 78 * GIB });
    const message = { tried: 1, free: 0.5, allocated: 78 };
    expect(explain(message, reading).cause).toBe('simply full');
  });

  it('should name holders that can be let go of, and offer it', () => {
    const holders = [
      {
        name: 'Out[7]',
        kind: 'output',
        bytes: 30 * GIB,
        release: "release('Out[7]')"
      },
      { name: 'model', kind: 'variable', bytes: 23 * GIB, release: null }
    ];
    const found = explain(SECOND_MODEL, readingOf(), { holders, isLive: true });
    expect(found).toMatchObject({
      cause: 'this notebook still holds it',
      confidence: 'high'
    });
    expect(found.sentence).toContain('`Out[7]` 30.0 GiB');
    expect(found.remedies[0]).toMatchObject({
      id: 'release:Out[7]',
      code: "release('Out[7]')"
    });
    expect(ids(found)).toEqual([
      'release:Out[7]',
      'release-tracebacks',
      'clear',
      'list-tensors',
      'smaller-batch',
      'restart'
    ]);
  });

  it('should offer the tracebacks only where the error is of this kernel', () => {
    expect(ids(explain(SECOND_MODEL))).not.toContain('release-tracebacks');
    expect(ids(explain(SECOND_MODEL, undefined, { isLive: true }))).toContain(
      'release-tracebacks'
    );
  });

  it('should find the cause of a message without figures in the reading', () => {
    const text = 'RuntimeError: CUDA error: out of memory';
    expect(explain(text).cause).toBe('unknown');
    const full = readingOf({
      allocatedBytes: 77 * GIB,
      reservedBytes: 77 * GIB,
      freeBytes: GIB
    });
    expect(explain(text, full)).toMatchObject({
      cause: 'simply full',
      allocatedBytes: null
    });
    const crowded = readingOf({ freeBytes: GIB });
    expect(explain(text, crowded).cause).toBe('another process holds it');
  });

  it('should suspect memory behind an error that says nothing of it only on a full card', () => {
    const text =
      'RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`';
    expect(explainOutOfMemory(text)).toBeNull();
    expect(explainOutOfMemory(text, readingOf())).toBeNull();
    expect(
      explainOutOfMemory(text, readingOf({ freeBytes: 1000 }))
    ).toMatchObject({
      backend: 'cublas',
      cause: 'context or library handle could not be made',
      confidence: 'low'
    });
  });
});

describe('explainOutOfMemory, the remedies', () => {
  const FRAGMENTED = messageOf({
    tried: 20,
    free: 5,
    allocated: 20,
    unallocated: 54
  });

  it('should not repeat a setting that is on in the kernel', () => {
    const allocatorSettings = 'expandable_segments:True,max_split_size_mb:64';
    const found = explain(FRAGMENTED, undefined, { allocatorSettings });
    expect(ids(found)).toEqual(['collect-earlier', 'restart', 'smaller-batch']);
    expect(found.remedies[0]?.code).toContain(
      '"expandable_segments:True,max_split_size_mb:64,garbage_collection_threshold:0.8"'
    );
  });

  it.each([
    'export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True\n',
    'os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"\n',
    'torch.cuda.memory._set_allocator_settings("expandable_segments:True")\n'
  ])('should not repeat a setting that stands in the text: %s', line => {
    const found = explain(`${line}${FRAGMENTED}`);
    expect(ids(found)).not.toContain('expandable-segments');
  });

  it('should advise what Windows can do, and use the name that the message has', () => {
    const text = `File "C:\\Users\\me\\train.py", line 3\n${FRAGMENTED}`;
    expect(ids(explain(text))[0]).toBe('max-split-size');
    const hip = FRAGMENTED.replace(/CUDA/g, 'HIP');
    expect(explain(hip).remedies[0]?.code).toContain('PYTORCH_HIP_ALLOC_CONF');
  });

  it('should say how long a context would fit', () => {
    const text =
      "ValueError: To serve at least one request with the models's max seq len (262144), (24.0 GiB KV cache is needed, which is larger than the available KV cache memory (3.18 GiB). Based on the available memory, the estimated maximum model length is 34736.";
    expect(explain(text).remedies[0]?.code).toContain('max_model_len=34736');
  });

  it('should have a button for each, with words and something that it does', () => {
    const all = [
      { tried: 90, free: 60, allocated: 19 },
      { tried: 10, free: 2, allocated: 9 },
      { tried: 10, free: 70, allocated: 4, allowed: 8 },
      { tried: 2, free: 50, allocated: 20 },
      { tried: 1, free: 0.5, allocated: 78 },
      { tried: 40, free: 26, allocated: 1, pools: 52 }
    ].map(each => explain(each, undefined, { isLive: true }));
    for (const remedy of all.flatMap(({ remedies }) => remedies)) {
      expect(remedy.text).toMatch(/[.:`]$/);
      expect(remedy.label).not.toBe('');
      expect((remedy.act === null) !== (remedy.code === null), remedy.id).toBe(
        true
      );
    }
  });
});
