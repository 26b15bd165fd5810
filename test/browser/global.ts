import type { TestProject } from 'vitest/node';

import type { IServerAddress } from './server';
import { Server } from './server';

declare module 'vitest' {
  /** What every spec can `inject`. */
  export interface ProvidedContext {
    server: IServerAddress;
  }
}

/** One server for all specs. */
export default async function setup(
  project: TestProject
): Promise<() => Promise<void>> {
  const server = await Server.start();
  project.provide('server', server.address);
  return () => server.stop();
}
