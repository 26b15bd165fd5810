import type { TestProject } from 'vitest/node';

import type { IServerAddress } from './server';
import { Server } from './server';

declare module 'vitest' {
  /** What every spec can `inject`. */
  export interface ProvidedContext {
    /** One for each worker, see `serverHere`. */
    servers: readonly IServerAddress[];
  }
}

/** A server for each file that runs at the same time as others. */
export default async function setup(
  project: TestProject
): Promise<() => Promise<void>> {
  const { maxWorkers } = project.vitest.config;
  const servers = await Promise.all(
    Array.from({ length: maxWorkers }, () => Server.start())
  );
  project.provide(
    'servers',
    servers.map(({ address }) => address)
  );
  return async () => {
    await Promise.all(servers.map(server => server.stop()));
  };
}
