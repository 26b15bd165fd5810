import { inject } from 'vitest';

import type { IServerAddress } from './server';

/**
 * The server of the files that run one after the other in this worker.
 *
 * Other files run at the same time on a server of their own, with other kernels, settings and
 * notebooks.
 */
export function serverHere(): IServerAddress {
  const servers = inject('servers');
  const server = servers[Number(process.env.VITEST_POOL_ID) - 1];
  if (server === undefined) {
    throw new Error(`There is no server for ${process.env.VITEST_POOL_ID}`);
  }
  return server;
}
