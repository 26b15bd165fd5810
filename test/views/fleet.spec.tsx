import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { IGpu } from '../../src/core/wire/generated';
import { button, eraseAll, texts } from './draw';
import { device, FakeMonitor, GIB, MIB, reading, record } from './fake';
import { FleetRig, gpu, kernel, NOW_MS, process, survey } from './fleetrig';

describe('FleetSection', () => {
  let rig: FleetRig;

  beforeEach(() => {
    rig = new FleetRig();
  });

  afterEach(eraseAll);

  it('should be folded until a person unfolds it', async () => {
    // Unfolds it, and waits for what is in it.
    const node = await rig.show();
    const fold = node.querySelector<HTMLElement>('.jp-VramPanel-fold');
    expect(fold?.ariaExpanded).toBe('true');
    fold?.click();
    await expect.poll(() => fold?.ariaExpanded).toBe('false');
  });

  it('should name in each button what it is about', async () => {
    rig.fleet.kernels = [
      kernel(),
      kernel({
        ...{ kernelId: 'k2', names: ['Console 1'], sessionType: 'console' },
        monitor: null
      })
    ];
    rig.fleet.survey = survey([process()]);
    const node = await rig.show();
    const names = [...node.querySelectorAll('button')].map(
      each => each.getAttribute('aria-label') ?? each.textContent
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual([
      'Notebooks and processes',
      'Clear finetune.ipynb',
      'Go to finetune.ipynb',
      'Shut down finetune.ipynb…',
      'Ask Console 1',
      'Clear Console 1',
      'Go to Console 1',
      'Shut down Console 1…',
      'Stop python (PID 77)…'
    ]);
  });

  describe('a notebook', () => {
    it('should be shown with its state and its three figures', async () => {
      const monitor = new FakeMonitor({
        reading: reading([
          device({ allocatedBytes: GIB, reservedBytes: 2 * GIB }),
          device({ id: 'cuda:1', allocatedBytes: GIB, reservedBytes: GIB })
        ]),
        records: [record(7, 0, 1)]
      });
      rig.fleet.kernels = [kernel({ monitor })];
      rig.fleet.survey = survey([
        process({ kernelId: 'k1', isKernel: true }),
        process({ pid: 78, kernelId: 'k1' })
      ]);
      const node = await rig.show();
      expect(texts(node, '.jp-VramKernels-name')).toEqual(['finetune.ipynb']);
      expect(texts(node, '.jp-VramKernels-state')).toEqual(['Idle']);
      const cells = [...node.querySelectorAll('td[data-known]')];
      expect(cells.map(cell => cell.textContent)).toEqual([
        '2.00 GiB',
        '3.00 GiB',
        '4.00 GiB'
      ]);
      expect(cells[2]?.getAttribute('title')).toBe(
        '4,294,967,296 bytes, with 1 process that it started'
      );
      expect(texts(node, '.jp-VramKernels-foot')[0]).toContain(
        'idle for 12 min · last cell [7]'
      );
    });

    it('should have words, not zeros, for what is not known', async () => {
      rig.fleet.kernels = [
        kernel({ monitor: new FakeMonitor({ reading: null }) }),
        kernel({
          kernelId: 'k2',
          monitor: new FakeMonitor({
            reading: reading([], { state: 'error' })
          })
        })
      ];
      const node = await rig.show();
      expect(texts(node, 'td[data-known="false"]')).toEqual(
        Array(6).fill('unknown')
      );
    });

    it('should show how old the figures of a stuck kernel are', async () => {
      const monitor = new FakeMonitor({ busy: true, staleMs: 12_000 });
      rig.fleet.kernels = [kernel({ monitor, state: 'busy' })];
      expect(await rig.text()).toContain('Busy · as of 12 s ago');
    });

    it('should offer to clear, to go there, and to shut down', async () => {
      rig.fleet.kernels = [kernel()];
      const node = await rig.show();
      button(node, 'Clear finetune.ipynb').click();
      button(node, 'Go to finetune.ipynb').click();
      button(node, 'Shut down finetune.ipynb…').click();
      expect(rig.actions.calls).toEqual([
        'clear k1',
        'open k1',
        'shut down k1'
      ]);
    });

    it('should not be cleared while it is busy, here or elsewhere', async () => {
      rig.fleet.kernels = [
        kernel({ monitor: new FakeMonitor({ busy: true }) }),
        kernel({ kernelId: 'k2', monitor: null, state: 'busy' })
      ];
      const node = await rig.show();
      const clears = [...node.querySelectorAll('button')].filter(
        each => each.textContent === 'Clear'
      );
      clears.forEach(each => each.click());
      expect(clears.map(each => each.title)).toEqual([
        'A cell is running. Clear when it ends.',
        'A cell is running. Clear when it ends.'
      ]);
      expect(rig.actions.calls).toEqual([]);
    });

    it('should be asked when it is open nowhere and a person says so', async () => {
      rig.fleet.kernels = [kernel({ monitor: null, connections: 0 })];
      const node = await rig.show();
      expect(node.textContent).toContain('open nowhere');
      button(node, 'Ask finetune.ipynb').click();
      expect(rig.actions.calls).toEqual(['ask k1']);
    });

    it.each([
      [{ failure: 'no-answer' as const, reading: null }, 'gave no answer'],
      [
        { failure: () => 'The kernel is busy', reading: null },
        'The kernel is busy'
      ],
      [{ failure: null, reading: reading([device()]) }, 'as of 30 s ago']
    ])('should say what asking led to: %#', async (change, words) => {
      const lastRead = { takenMs: NOW_MS - 30_000, ...change };
      rig.fleet.kernels = [kernel({ monitor: null, lastRead })];
      expect(await rig.text()).toContain(words);
    });

    it('should name how many share its kernel', async () => {
      rig.fleet.kernels = [
        kernel({ names: ['a.ipynb', 'b.ipynb', 'c.ipynb'] })
      ];
      expect(await rig.text()).toContain('a.ipynb +2');
    });
  });

  it('should say that no kernel runs', async () => {
    rig.fleet.hasReporter = false;
    const words = await rig.text();
    expect(words).toContain('No Python kernel is running.');
    expect(words).toContain('Open a Python notebook to see the processes');
  });

  describe('a GPU', () => {
    const caption = async (change: Partial<IGpu>): Promise<string> => {
      rig.fleet.survey = survey([], { gpus: [gpu(change)] });
      return rig.text();
    };

    it('should show how much of it is used, and by whom else', async () => {
      const words = await caption({ otherBytes: 512 * MIB });
      expect(words).toContain('GPU 040.0 GiB of 80.0 GiB');
      expect(words).toContain('The driver lists no process.');
      expect(words).toContain('Other processes or containers512 MiB');
    });

    it('should say what the driver does not tell', async () => {
      const unlisted = { isListed: false, usedBytes: null, otherBytes: null };
      const words = await caption(unlisted);
      expect(words).toContain('used: unknown');
      expect(words).toContain('does not list the processes');
      expect(words).not.toContain('Other processes');
    });

    it('should be called a slice if it is one', async () => {
      const words = await caption({ parentUuid: 'whole', index: 1 });
      expect(words).toContain('MIG slice 1');
    });

    it('should sum up what only draws', async () => {
      rig.fleet.survey = survey([
        process({ kind: 'graphics' }),
        process({ kind: 'graphics', pid: 78 })
      ]);
      expect(await rig.text()).toContain(
        'Screen and windows (2 processes)4.00 GiB'
      );
    });

    it('should say how old its figures are once nobody can tell', async () => {
      rig.fleet.survey = survey([process()]);
      rig.fleet.staleMs = 15_000;
      expect(await rig.text()).toContain('· as of 15 s ago');
    });
  });

  it.each([
    ['no-tool', 'neither nvidia-smi nor nvidia-ml-py'],
    ['no-driver', 'driver is not loaded'],
    ['no-devices', 'sees no NVIDIA GPU'],
    ['mismatch', 'different versions'],
    ['no-permission', 'does not allow this user'],
    ['lost', 'fallen off the bus'],
    ['timeout', 'did not answer in time'],
    ['failed', 'could not be queried']
  ] as const)(
    'should have words for a survey that is %s',
    async (state, words) => {
      rig.fleet.survey = survey([], {
        state,
        gpus: [],
        detail: 'In its own words'
      });
      const found = await rig.text();
      expect(found).toContain(words);
      expect(found).toContain('In its own words');
    }
  );

  it('should draw hostile text as text', async () => {
    const command = '<img src=x onerror=alert(1)>';
    rig.fleet.kernels = [kernel({ names: ['<b>bold</b>.ipynb'] })];
    rig.fleet.survey = survey([process({ command, user: '<i>' })]);
    const node = await rig.show();
    expect(node.querySelector('img, b, i')).toBeNull();
    expect(node.textContent).toContain('<i>');
  });
});
