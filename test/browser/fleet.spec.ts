import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

import { afterEach, describe, expect, it } from 'vitest';

import type { FakeDriver } from './driver';
import { useDriver } from './driver';
import { useLab } from './fixture';
import { fakeDriver, FleetSection } from './fleet';
import { MessageLog } from './messages';
import type { Notebook } from './notebook';
import { sleep, take } from './python';
import { kernelModel } from './rest';

const fixture = useLab();
const children: ChildProcess[] = [];

/**
 * Native code that holds Python's lock: nothing of the kernel runs meanwhile,
 * not even what says that it is busy; so that comes first.
 */
function lockedFor(seconds: number): string {
  return `import ctypes, time; time.sleep(0.5); ctypes.PyDLL(None).sleep(${seconds})`;
}

/** A process of ours that uses the GPU and is no notebook's. */
function startBare(driver: FakeDriver, program: string): number {
  const child = spawn('bash', ['-c', program], {
    stdio: ['ignore', 'ignore', 'ignore', openSync(driver.device, 'r')]
  });
  children.push(child);
  return child.pid ?? 0;
}

/** Let a notebook's kernel be a user of the GPU; returns its process. */
async function join(notebook: Notebook): Promise<number> {
  await notebook.run(0);
  await notebook.idle();
  return Number((await notebook.cell(0)).output);
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }
  await new FleetSection(fixture.lab).close();
  await fakeDriver().forget();
});

describe('Notebooks and processes', () => {
  it('should show three notebooks, one busy and one dead, and who else is there', async () => {
    const { lab } = fixture;
    const driver = fakeDriver();
    const fleet = new FleetSection(lab);
    const busy = await lab.notebook(
      [useDriver(driver), take('a', 300), sleep(60)],
      { name: 'fleet-busy' }
    );
    const busyPid = await join(busy);
    const dead = await lab.notebook(
      [take('c', 700), 'import os; os.kill(os.getpid(), 9)'],
      { name: 'fleet-dead' }
    );
    const active = await lab.watchedNotebook(
      [useDriver(driver), take('b', 500)],
      { name: 'fleet-active' }
    );
    const activePid = await join(active);
    await active.run(1);
    await driver.say(9000, [
      { pid: activePid, mib: 1200 },
      { pid: busyPid, mib: 3000 },
      { pid: 4_000_000, mib: null, name: 'trainer' }
    ]);
    await fleet.open();
    await fleet.says('fleet-active', 'Idle');
    await expect.poll(() => fleet.figure('fleet-active', 2)).toBe('1.17 GiB');
    await expect.poll(() => fleet.figure('fleet-busy', 2)).toBe('2.93 GiB');
    await expect.poll(() => fleet.figure('fleet-dead', 2)).toBe('unknown');
    await busy.run(1);
    await expect
      .poll(() => fleet.figure('fleet-busy', 0))
      .toMatch(/^3\d\d MiB$/);
    await busy.start(2);
    await fleet.says('fleet-busy', 'Busy · live');
    await fleet.process('fleet-busy').waitFor();
    const foreign = fleet.process(4_000_000);
    await expect.poll(() => foreign.innerText()).toContain('another container');
    await expect.poll(() => foreign.innerText()).toContain('unknown');
    await expect
      .poll(() => fleet.process('of unknown size').innerText())
      .toContain('GiB');
    await dead.run(0);
    await expect
      .poll(() => fleet.figure('fleet-dead', 0))
      .toMatch(/^7\d\d MiB$/);
    await dead.select(1);
    void lab.execute('notebook:run-cell').catch(() => undefined);
    // JupyterLab tells the person that the server started it again.
    await lab.page.locator('.jp-Dialog .jp-mod-accept').click();
    await expect
      .poll(() => fleet.figure('fleet-dead', 0))
      .toMatch(/^\d(\.\d)? MiB$/);
    await dead.kill();
    await fleet.kernel('fleet-dead').waitFor({ state: 'detached' });
  });

  it('should keep the last figures of a kernel that is stuck, and follow its process', async () => {
    const { lab } = fixture;
    const driver = fakeDriver();
    const fleet = new FleetSection(lab);
    const stuck = await lab.notebook(
      [useDriver(driver), take('a', 300), lockedFor(14)],
      { name: 'fleet-stuck' }
    );
    const pid = await join(stuck);
    await stuck.run(1);
    const active = await lab.watchedNotebook([useDriver(driver)], {
      name: 'fleet-teller'
    });
    const tellerPid = await join(active);
    await driver.say(9000, [
      { pid, mib: 1024 },
      { pid: tellerPid, mib: 700 }
    ]);
    await fleet.open();
    await expect.poll(() => fleet.figure('fleet-stuck', 2)).toBe('1.00 GiB');
    await stuck.idle();
    await stuck.start(2);
    await active.select(0);
    await fleet.says('fleet-stuck', /as of \d+ s ago/);
    await expect
      .poll(() => fleet.figure('fleet-stuck', 0))
      .toMatch(/^3\d\d MiB$/);
    await driver.say(9000, [
      { pid, mib: 2048 },
      { pid: tellerPid, mib: 700 }
    ]);
    await expect.poll(() => fleet.figure('fleet-stuck', 2)).toBe('2.00 GiB');
    await fleet.says('fleet-stuck', 'Idle');
  });

  it('should let another kernel tell when the one that tells is stuck', async () => {
    const { lab } = fixture;
    const driver = fakeDriver();
    const fleet = new FleetSection(lab);
    const other = await lab.notebook([useDriver(driver)], {
      name: 'fleet-other'
    });
    const otherPid = await join(other);
    const teller = await lab.watchedNotebook(
      [useDriver(driver), lockedFor(15)],
      { name: 'fleet-first' }
    );
    const pid = await join(teller);
    await driver.say(9000, [
      { pid, mib: 1024 },
      { pid: otherPid, mib: 700 }
    ]);
    await fleet.open();
    await expect.poll(() => fleet.figure('fleet-first', 2)).toBe('1.00 GiB');
    // Of the request that attached its agent, too.
    await teller.idle();
    await teller.start(1);
    await driver.say(9000, [
      { pid, mib: 2048 },
      { pid: otherPid, mib: 700 }
    ]);
    await expect.poll(() => fleet.figure('fleet-first', 2)).toBe('2.00 GiB');
    expect(await teller.kernelStatus()).toBe('busy');
  });

  it('should stop a bare process after it was asked whether that is meant', async () => {
    const { lab } = fixture;
    const { page } = lab;
    const driver = fakeDriver();
    const fleet = new FleetSection(lab);
    const notebook = await lab.watchedNotebook([useDriver(driver)]);
    const own = await join(notebook);
    const polite = startBare(driver, 'while true; do sleep 0.1; done');
    const stubborn = startBare(
      driver,
      "trap '' TERM; while true; do sleep 0.1; done"
    );
    await driver.say(9000, [
      { pid: polite, mib: 3000, name: 'bash' },
      { pid: stubborn, mib: 2000, name: 'bash' },
      { pid: own, mib: 100 }
    ]);
    await fleet.open();
    const row = fleet.process(polite);
    await row.getByText('orphan?').waitFor();
    // The kernel itself is JupyterLab's to shut down.
    await fleet.process(own).waitFor();
    await expect
      .poll(() => fleet.process(own).getByRole('button').count())
      .toBe(0);
    await row.getByRole('button', { name: /^Stop .+…$/ }).click();
    const dialog = page.locator('.jp-Dialog');
    await expect.poll(() => dialog.innerText()).toContain(`PID ${polite}`);
    await expect.poll(() => dialog.innerText()).toContain('holds 2.93 GiB');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(children[0]?.signalCode).toBe(null);
    await row.getByRole('button', { name: /^Stop .+…$/ }).click();
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await expect.poll(() => children[0]?.signalCode).toBe('SIGTERM');
    await driver.say(6000, [
      { pid: stubborn, mib: 2000, name: 'bash' },
      { pid: own, mib: 100 }
    ]);
    await row.waitFor({ state: 'detached' });

    const second = fleet.process(stubborn);
    await second.getByRole('button', { name: /^Stop .+…$/ }).click();
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    const kill = second.getByRole('button', { name: /^Kill .+…$/ });
    await kill.waitFor();
    await expect.poll(() => kill.getAttribute('aria-disabled')).toBe('true');
    await expect.poll(() => kill.getAttribute('aria-disabled')).toBe('false');
    await kill.click();
    await dialog.getByRole('button', { name: 'Kill', exact: true }).click();
    await expect.poll(() => children[1]?.signalCode).toBe('SIGKILL');
  });

  it('should say that there is no driver', async () => {
    const { lab } = fixture;
    await lab.watchedNotebook([]);
    const fleet = new FleetSection(lab);
    await fleet.open();
    await fleet.root.getByText('driver is not loaded').waitFor();
  });

  it('should clear, go to and shut down another notebook', async () => {
    const { lab } = fixture;
    const { page } = lab;
    const other = await lab.notebook([take('a', 300), 'del a'], {
      name: 'fleet-target'
    });
    const id = await other.kernelId();
    await lab.watchedNotebook([], { name: 'fleet-here' });
    const fleet = new FleetSection(lab);
    await fleet.open();
    const rows = fleet.kernel('fleet-target');
    await fleet.says('fleet-target', 'Idle');
    await other.runAll();
    await expect
      .poll(() => fleet.figure('fleet-target', 1))
      .toMatch(/^3\d\d MiB$/);
    await rows.getByRole('button', { name: 'Clear' }).click();
    await expect
      .poll(() => fleet.figure('fleet-target', 1))
      .not.toMatch(/^3\d\d MiB$/);
    await rows.getByRole('button', { name: 'Go to' }).click();
    await lab.panel.title.filter({ hasText: 'fleet-target' }).waitFor();
    await rows.getByRole('button', { name: /^Shut down .+…$/ }).click();
    const dialog = page.locator('.jp-Dialog');
    await expect.poll(() => dialog.innerText()).toContain('fleet-target.ipynb');
    await dialog.getByRole('button', { name: 'Shut Down' }).click();
    await rows.waitFor({ state: 'detached' });
    await expect(kernelModel(id)).rejects.toThrow('does not know');
  });

  it('should ask idle kernels nothing while it is shown', async () => {
    const { lab } = fixture;
    const notebooks: Notebook[] = [];
    for (const name of ['quiet-a', 'quiet-b', 'quiet-c']) {
      notebooks.push(await lab.notebook([take('a', 20)], { name }));
    }
    await lab.openPanel();
    const fleet = new FleetSection(lab);
    await fleet.open();
    for (const { name } of notebooks) {
      await fleet.says(name, 'Idle');
      await expect.poll(() => fleet.figure(name, 0)).not.toBe('unknown');
    }
    await fleet.root.getByText('driver is not loaded').waitFor();
    const logs = await Promise.all(
      notebooks.map(notebook => MessageLog.of(notebook))
    );
    const quiet = await Promise.all(logs.map(log => log.during(12_000)));
    // JupyterLab's debugger may still be asking whether a new kernel can be debugged.
    const ours = quiet.flat().filter(each => !/debug|status/.test(each));
    expect(ours).toEqual([]);
  });
});
