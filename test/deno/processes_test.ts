import { match, rejects, strictEqual } from 'node:assert';

import { connect } from '../../lib/room/room.mjs';
import { FakeDriver, useDriver } from '../browser/driver.ts';
import { Server } from './server.ts';

const GIB_IN_MIB = 1024;

Deno.test(
  'a process on the GPU is listed, and stopped by the rules of the agent',
  async () => {
    const server = await Server.start();
    const driver = new FakeDriver(`${server.folder}/driver`);
    await driver.install();
    const room = connect(server);
    const user = new Deno.Command('sh', {
      args: ['-c', 'exec 3<"$0"; exec sleep 300', driver.device]
    }).spawn();
    try {
      const kernelId = await server.open('train.ipynb');
      await server.run(kernelId, useDriver(driver));
      const [{ pid: kernelPid }] = await room.readings();
      await driver.say(20 * GIB_IN_MIB, [
        { pid: user.pid, mib: 9 * GIB_IN_MIB },
        { pid: kernelPid ?? 0, mib: 8 * GIB_IN_MIB }
      ]);

      const { processes, toldBy, problem } = await room.processes();
      strictEqual(toldBy, 'train.ipynb');
      strictEqual(problem, null);
      strictEqual(processes[0].pid, user.pid);
      strictEqual(processes[0].shares[0].usedBytes, 9 * 2 ** 30);
      match(processes[0].command ?? '', /^sleep/);

      await rejects(room.stop(kernelPid ?? 0, { isConfirmed: true }), {
        code: 'not-stoppable',
        message: /kernel/
      });
      await rejects(room.stop(user.pid, { isConfirmed: true, force: true }), {
        code: 'refused',
        message: /before you kill/
      });
      const report = await room.stop(user.pid, { isConfirmed: true });
      strictEqual(report?.signal, 'SIGTERM');
      strictEqual((await user.status).signal, 'SIGTERM');
    } finally {
      await server.stop();
    }
  }
);
