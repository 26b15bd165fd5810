import { deepStrictEqual, match, strictEqual, throws } from 'node:assert';

import {
  decodeFrame,
  encodeFrame,
  V1
} from '../../src/deno/connection/frames.ts';
import { drawProcesses } from '../../src/deno/notebook/drawing.ts';
import { html, sentence, textTable } from '../../src/deno/notebook/html.ts';
import {
  askDriver,
  parseGpus,
  parseUses
} from '../../src/deno/server/nvidia.ts';
import { gpusOf } from '../../src/deno/overview.ts';
import type { INotebookReading } from '../../src/deno/server/rows.ts';
import { gpuNamed, planModel } from '../../src/deno/connection/planning.ts';
import { drawPlan } from '../../src/deno/notebook/results.ts';

const FRAME = {
  channel: 'shell',
  header: { msg_id: '1', msg_type: 'execute_request' },
  parent_header: {},
  metadata: {},
  content: { code: 'print("ä€😀")' }
};

function fixture(name: string): Promise<string> {
  const url = new URL(`../fixtures/nvidia-smi/${name}`, import.meta.url);
  return Deno.readTextFile(url);
}

Deno.test("encodeFrame() and decodeFrame() are each other's opposite", () => {
  for (const protocol of [V1, '']) {
    deepStrictEqual(
      { ...decodeFrame(encodeFrame(FRAME, protocol)), buffers: 0 },
      { ...FRAME, buffers: 0 }
    );
  }
});

Deno.test('decodeFrame() takes nothing that is no message', () => {
  const short = new ArrayBuffer(12);
  for (const data of [
    short,
    'no JSON',
    '1',
    'null',
    '{"channel":1}',
    undefined
  ]) {
    strictEqual(decodeFrame(data), null);
  }
});

Deno.test('html escapes whatever is put in', () => {
  const evil = '"><img src=x onerror=alert(1)>\'`&';
  strictEqual(/["'<>`]/.test(html`${evil}`.text), false);
  strictEqual(
    sentence('`<b>` is code').text,
    '<code>&#60;b&#62;</code> is code'
  );
});

Deno.test('textTable() aligns figures to the right', () => {
  strictEqual(
    textTable(
      ['a', 'b'],
      [
        ['xx', '1'],
        ['y', '22']
      ],
      [1]
    ),
    'a    b\nxx   1\ny   22'
  );
});

Deno.test(
  'parseUses() reads commas in names, and leaves unknown figures unknown',
  async () => {
    const uses = parseUses(await fixture('apps.csv'));
    deepStrictEqual(
      uses.map(({ pid, usedBytes }) => [pid, usedBytes]),
      [
        [40312, 7712 * 2 ** 20],
        [1830, null],
        [1831, null]
      ]
    );
    strictEqual(uses[0]?.program, '/home/ada/R&D/<run>/python, with, commas');
    strictEqual(uses[0]?.uuid, '11111111-aaaa-bbbb-cccc-000000000001');
  }
);

Deno.test('parseGpus() takes only lines that are GPUs', () => {
  const text =
    'GPU-1, 0, 81559, 1024, NVIDIA H100, 80GB\nNo devices were found\nGPU-2, 1, [N/A], [N/A], X\n';
  deepStrictEqual(
    parseGpus(text).map(gpu => [gpu.name, gpu.totalBytes, gpu.usedBytes]),
    [
      ['NVIDIA H100, 80GB', 81559 * 2 ** 20, 2 ** 30],
      ['X', null, null]
    ]
  );
});

Deno.test('askDriver() says what is missing', async () => {
  const { gpus, problem } = await askDriver('no-such-nvidia-smi');
  deepStrictEqual(gpus, []);
  strictEqual(
    problem,
    'There is no no-such-nvidia-smi on this machine, so its driver could not be asked.'
  );
});

Deno.test('drawProcesses() tells an orphan from what may be one', () => {
  const process = {
    kind: 'compute' as const,
    shares: [],
    isVisible: true,
    user: 'me',
    program: null,
    startedSeconds: null,
    isOwn: false,
    isKernel: false,
    kernelId: null,
    kernelPid: null,
    notebook: null,
    identity: null,
    whyNot: null
  };
  const { text } = drawProcesses({
    toldBy: null,
    problem: null,
    processes: [
      { ...process, pid: 1, command: 'ended', leftover: 'orphan' },
      { ...process, pid: 2, command: 'unowned', leftover: 'unowned' },
      { ...process, pid: 3, command: 'in use', leftover: null }
    ]
  });
  match(text, /ended \(orphan\)\n/);
  match(text, /unowned \(orphan\?\)\n/);
  match(text, /in use$/);
});

Deno.test('askDriver() repeats what a failing driver says', async () => {
  const { problem } = await askDriver('false');
  strictEqual(problem?.startsWith('false failed:'), true);
});

Deno.test('gpusOf() shares a GPU out among notebooks and others', () => {
  const device = {
    id: 'cuda:0',
    kind: 'cuda',
    index: 0,
    name: 'Card',
    uuid: 'u1',
    driverIndex: null,
    driverSlice: null,
    allocatedBytes: 1,
    reservedBytes: 10,
    processBytes: null,
    peakAllocatedBytes: null,
    peakReservedBytes: null,
    pinnedBytes: null,
    freeBytes: 50,
    totalBytes: 100,
    computeCapability: null
  } as const;
  const notebook = {
    type: 'notebook',
    kernelName: 'python3',
    language: 'python',
    state: 'idle',
    lastActivityMs: null,
    connections: 1,
    isOwn: false
  } as const;
  const reading = {
    timeSeconds: 0,
    state: 'ok',
    detail: null,
    torchVersion: null,
    pid: 1,
    capturing: false,
    unsupported: [],
    devices: [device]
  } as const;
  const row = (path: string, pid: number): INotebookReading => ({
    notebook: { ...notebook, path, kernelId: path },
    ...{ reading, pid, ageMs: 0, driverBytes: null, problem: null },
    restartedMs: null
  });
  const driver = {
    gpus: [
      { uuid: 'u1', index: 0, name: 'Card', totalBytes: 100, usedBytes: 60 }
    ],
    uses: [{ uuid: 'u1', pid: 7, program: 'python', usedBytes: 30 }],
    problem: null
  };
  deepStrictEqual(gpusOf([row('a', 7), row('b', 8)], driver), [
    {
      ...{ key: 'u1', name: 'Card', isPractice: false },
      ...{ totalBytes: 100, freeBytes: 40, freeAgeMs: null, otherBytes: 20 },
      users: [
        { path: 'a', bytes: 30, ageMs: null },
        { path: 'b', bytes: 10, ageMs: null }
      ]
    }
  ]);
});

Deno.test('gpuNamed() knows sizes and cards, and says which it knows', () => {
  strictEqual(gpuNamed('24 GiB').totalBytes, 24 * 2 ** 30);
  strictEqual(gpuNamed('512MB').totalBytes, 2 ** 29);
  strictEqual(gpuNamed('rtx 4090').name, 'GeForce RTX 4090');
  throws(() => gpuNamed('A100'), {
    code: 'bad-argument',
    message: /A100 40GB, A100 80GB/
  });
  throws(() => gpuNamed('Voodoo 2'), { code: 'bad-argument' });
  throws(() => gpuNamed(''), { code: 'bad-argument' });
});

Deno.test(
  'planModel() plans for names and configs, and refuses nonsense',
  () => {
    const gpu = '24 GiB';
    const byName = planModel({ model: 'Qwen/Qwen3-8B', gpu }, null);
    strictEqual(byName.best?.format, 'bf16');
    const config =
      '{"model_type": "llama", "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000}';
    strictEqual(planModel({ model: config, gpu }, null).model, 'config.json');
    strictEqual(
      planModel({ model: JSON.parse(config), gpu }, null).best?.format,
      'fp32'
    );
    for (const model of ['No-Such-Model', '{', '{}', {}]) {
      throws(() => planModel({ model, gpu }, null), { code: 'bad-argument' });
    }
  }
);

Deno.test('planModel() says what to do where nothing fits', () => {
  const plan = planModel({ model: 'Llama 3.3 70B', gpu: '8 GiB' }, null);
  strictEqual(plan.best, null);
  strictEqual(plan.remedies.length > 0, true);
});

Deno.test(
  'planModel() reads what Python writes, and says what it doubts',
  () => {
    const config =
      '{"model_type": "tomorrow", "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000, "time_step_limit": [0.0, Infinity]}';
    const plan = planModel({ model: config, gpu: '5 GiB' }, null);
    const { text } = drawPlan(plan);
    match(text, /The architecture tomorrow is not known/);
    match(text, /unsure/);
    for (const each of plan.plans) {
      const isSure = each.driverBytes.high <= 4.5 * 2 ** 30;
      strictEqual(each.verdicts[0]?.status === 'fits', isSure);
    }
  }
);
