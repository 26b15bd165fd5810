import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { presentModel } from '../../src/plugins/serverkernels';

/**
 * A server whose kernels run behind a gateway, as Jupyter Server 2.21 answers:
 * of one kernel what it knew when it last listed all, and then the present.
 */
class GatewayServer {
  readonly asked: string[] = [];

  readonly settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: async (input: RequestInfo | URL): Promise<Response> => {
      const { pathname } = new URL(
        typeof input === 'string' || input instanceof URL ? input : input.url
      );
      this.asked.push(pathname);
      const isList = pathname.endsWith('/api/kernels');
      const model = {
        ...{ id: 'k1', name: 'python3' },
        connections: isList ? 0 : 1,
        execution_state: isList ? 'busy' : 'idle',
        last_activity: '2026-11-30T13:28:16.843613Z'
      };
      const body = JSON.stringify(isList ? [model] : model);
      return Promise.resolve(new Response(body, { status: 200 }));
    }
  });
}

describe('presentModel()', () => {
  it('should be of this moment, behind a gateway, too', async () => {
    const { settings } = new GatewayServer();
    const model = await presentModel('k1', settings);
    expect(model?.connections).toBe(0);
  });

  it('should be nothing of a kernel that is gone', async () => {
    const { settings } = new GatewayServer();
    expect(await presentModel('k2', settings)).toBeUndefined();
  });
});
