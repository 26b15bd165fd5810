import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { button, eraseAll, texts } from './draw';
import { device, GIB } from './fake';
import {
  FleetRig,
  gpu,
  kernel,
  NOW_MS,
  process,
  survey,
  UUID
} from './fleetrig';

describe('FleetSection, a process', () => {
  let rig: FleetRig;

  beforeEach(() => {
    rig = new FleetRig();
  });

  afterEach(eraseAll);

  const rows = (node: ParentNode): string[] =>
    texts(node, '.jp-VramProcesses tr');

  it('should be named, sized, and offered to be stopped', async () => {
    rig.fleet.survey = survey([process()]);
    const node = await rig.show();
    expect(rows(node)).toEqual(['pythonPID 77 · ada · for 3 h2.00 GiBStop…']);
    button(node, 'Stop python (PID 77)…').click();
    expect(rig.actions.calls).toEqual(['stop 77']);
  });

  it('should bear the name of its notebook, here or on another server', async () => {
    rig.fleet.kernels = [kernel()];
    rig.fleet.survey = survey([
      process({ pid: 1, isKernel: true, kernelId: 'k1', identity: null }),
      process({ pid: 2, kernelId: 'k1', notebook: '/old/name.ipynb' }),
      process({
        pid: 3,
        isKernel: true,
        kernelId: 'far',
        notebook: '/x/far.ipynb'
      }),
      process({ pid: 4, isKernel: true, command: 'python -m ipykernel' }),
      process({ pid: 5, command: null })
    ]);
    const node = await rig.show();
    expect(texts(node, '.jp-VramProcesses-name')).toEqual([
      'finetune.ipynb',
      'a process of finetune.ipynb',
      'far.ipynb',
      'a Jupyter kernel',
      'unknown process'
    ]);
    expect(rows(node)[2]).toContain('of another server');
    // Ours is for JupyterLab to shut down.
    expect(rows(node)[0]).not.toContain('Stop');
  });

  it('should be called an orphan, with doubt where only no notebook owns it', async () => {
    rig.fleet.survey = survey([
      process({ leftover: 'orphan' }),
      process({ pid: 78, leftover: 'unowned' }),
      process({ pid: 79 })
    ]);
    const node = await rig.show();
    expect(texts(node, '.jp-VramProcesses-leftover')).toEqual([
      'orphan',
      'orphan?'
    ]);
  });

  it('should not be stopped where that is not allowed, and say why', async () => {
    rig.fleet.survey = survey([
      process({ identity: null, whyNot: 'foreign-user' }),
      process({ pid: 78, identity: null, whyNot: 'a later code' })
    ]);
    const node = await rig.show();
    const stops = [...node.querySelectorAll<HTMLElement>('td button')];
    stops.forEach(each => each.click());
    expect(stops.map(each => each.title)).toEqual([
      'It belongs to another user.',
      'It can’t be confirmed that this is the process that the driver means.'
    ]);
    expect(rig.actions.calls).toEqual([]);
  });

  it('should be offered to be stopped nowhere where a setting says so', async () => {
    rig.mayStop = false;
    rig.fleet.survey = survey([process()]);
    expect(await rig.text()).not.toContain('Stop');
  });

  it('should be killed only after it had time to end', async () => {
    rig.fleet.survey = survey([process(), process({ pid: 78, identity: 'b' })]);
    rig.fleet.pending.set('identity-77', { mayKillMs: NOW_MS + 1 });
    rig.fleet.pending.set('b', { mayKillMs: NOW_MS });
    const node = await rig.show();
    const kills = [...node.querySelectorAll<HTMLElement>('td button')];
    kills.forEach(each => each.click());
    expect(rig.actions.calls).toEqual(['kill 78']);
  });

  it('should be one row with both figures where it is on two GPUs', async () => {
    const shares = [
      { uuid: UUID, usedBytes: 2 * GIB },
      { uuid: 'second', usedBytes: 3 * GIB }
    ];
    rig.fleet.survey = survey(
      [process({ shares }), process({ pid: 78, identity: 'identity-78' })],
      { gpus: [gpu(), gpu({ uuid: 'second', index: 1 })] }
    );
    const node = await rig.show();
    expect(rows(node)).toEqual([
      'pythonPID 78 · ada · for 3 h2.00 GiBStop…',
      '1 process on several GPUs, below2.00 GiB',
      '1 process on several GPUs, below3.00 GiB',
      'pythonPID 77 · ada · for 3 hGPU 0 2.00 GiBGPU 1 3.00 GiBStop…'
    ]);
  });

  it('should be unknown in words where the driver does not tell', async () => {
    rig.fleet.survey = survey(
      [
        process({
          pid: 4_000_000,
          isVisible: false,
          user: null,
          command: 'trainer',
          startedSeconds: null,
          identity: null,
          whyNot: 'not-visible',
          shares: [{ uuid: UUID, usedBytes: null }]
        })
      ],
      { gpus: [gpu({ otherBytes: 12 * GIB })] }
    );
    const node = await rig.show();
    expect(rows(node)).toEqual([
      'trainerPID 4000000 · on the host or in another containerunknownStop…',
      'Processes of unknown size, and others12.0 GiB'
    ]);
  });

  it('should say what the active notebook calls a GPU that it counts otherwise', async () => {
    rig.active = {
      title: 'finetune.ipynb',
      devices: [{ ...device(), uuid: 'gpu-2' }]
    };
    rig.fleet.survey = survey([], {
      gpus: [
        gpu(),
        gpu({ uuid: 'GPU-gpu-2', index: 1 }),
        gpu({ uuid: 'MIG-s', index: 0, parentUuid: 'GPU-gpu-3' }),
        gpu({ uuid: 'GPU-gpu-3', index: 2 })
      ]
    });
    const node = await rig.show();
    expect(texts(node, '.jp-VramProcesses caption')).toEqual([
      'GPU 040.0 GiB of 80.0 GiB',
      'GPU 1cuda:0 in finetune.ipynb40.0 GiB of 80.0 GiB',
      'MIG slice 0 of GPU 240.0 GiB of 80.0 GiB',
      'GPU 240.0 GiB of 80.0 GiB'
    ]);
  });

  it('should be named whole, whatever blanks its path has', async () => {
    rig.fleet.survey = survey([
      process({
        command: '/opt/my programs/run me.exe --all',
        program: 'run me.exe'
      }),
      process({ pid: 78, command: '/opt/old agent/x', program: null })
    ]);
    const node = await rig.show();
    expect(texts(node, '.jp-VramProcesses-name')).toEqual([
      'run me.exe',
      'old'
    ]);
  });

  it('should name a console of another server without its UUID', async () => {
    rig.fleet.survey = survey([
      process({
        notebook: '/x/console-2-a4370610-8824-4c57-8d0e-0123456789ab',
        isKernel: true
      }),
      process({ pid: 78, notebook: '/x/Console-2.ipynb' })
    ]);
    const node = await rig.show();
    expect(texts(node, '.jp-VramProcesses-name')).toEqual([
      'console-2',
      'a process of Console-2.ipynb'
    ]);
  });
});
