import { rejects, strictEqual } from 'node:assert';

import { connect, listServers, room } from '../../lib/room/room.mjs';

type Answer = (request: Request) => Response;

/** A server that answers as the test says, while `body` runs. */
async function withServer(
  answer: Answer,
  body: (url: string) => Promise<void>
): Promise<void> {
  const server = Deno.serve(
    { hostname: '127.0.0.1', port: 0, onListen: () => undefined },
    answer
  );
  try {
    await body(`http://127.0.0.1:${server.addr.port}/`);
  } finally {
    await server.shutdown();
  }
}

/** Runtime files as Jupyter servers write them, while `body` runs. */
async function withRuntime(
  files: Record<string, unknown>,
  body: () => Promise<void>
): Promise<void> {
  const folder = await Deno.makeTempDir();
  for (const [name, value] of Object.entries(files)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  Deno.env.set('JUPYTER_RUNTIME_DIR', folder);
  try {
    await body();
  } finally {
    Deno.env.delete('JUPYTER_RUNTIME_DIR');
    await Deno.remove(folder, { recursive: true });
  }
}

function file(url: string, pid: number, more = {}): Record<string, unknown> {
  return { url, pid, token: 'secret', root_dir: '/', password: false, ...more };
}

const KERNEL = {
  id: 'k1',
  name: 'python3',
  execution_state: 'idle',
  last_activity: '2026-01-01T00:00:00Z',
  connections: 1
};

/** A server with one kernel, which it does not connect to. */
function lister(request: Request): Response {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case '/api/sessions':
      return Response.json([
        { id: 's', path: 'a.ipynb', type: 'notebook', kernel: KERNEL }
      ]);
    case '/api/kernels':
      return Response.json([KERNEL]);
    case '/api/kernels/k1':
      return Response.json(KERNEL);
    case '/api/kernelspecs':
      return Response.json({
        kernelspecs: { python3: { spec: { language: 'python' } } }
      });
    default:
      return Response.json({ message: 'no' }, { status: 404 });
  }
}

Deno.test('no server is said to be none', async () => {
  await withRuntime({}, () => rejects(room.notebooks(), { code: 'no-server' }));
  await withRuntime({ 'jpserver-1.json': '{', 'kernel-2.json': '{}' }, () =>
    rejects(room.notebooks(), { code: 'no-server' })
  );
  await withRuntime(
    { 'jpserver-999.json': file('http://127.0.0.1:9/', 999) },
    () => rejects(room.notebooks(), { code: 'no-server' })
  );
});

Deno.test(
  'of several servers the own one is taken, and else none',
  async () => {
    await withServer(lister, first =>
      withServer(lister, async second => {
        const files = {
          'jpserver-11.json': file(first, 11),
          'jpserver-12.json': file(second, 12)
        };
        await withRuntime(files, async () => {
          await rejects(room.notebooks(), {
            code: 'several-servers',
            message: new RegExp(first)
          });
          strictEqual((await listServers()).length, 2);
          Deno.env.set('JPY_PARENT_PID', '12');
          try {
            const [own] = (await listServers()).filter(({ isOwn }) => isOwn);
            strictEqual(own.url, second);
          } finally {
            Deno.env.delete('JPY_PARENT_PID');
          }
        });
      })
    );
  }
);

Deno.test('a server that does not answer is unreachable', async () => {
  const away = connect({ url: 'http://127.0.0.1:9/', token: 'secret' });
  await rejects(away.notebooks(), {
    code: 'unreachable',
    message: /127\.0\.0\.1:9/
  });
});

Deno.test('a wrong token is said, and never shown', async () => {
  const refuse = (): Response => Response.json({}, { status: 403 });
  await withServer(refuse, async url => {
    const other = connect({ url: `${url}?token=secret`, token: 'secret' });
    const error = await other.notebooks().catch((reason: Error) => reason);
    strictEqual((error as { code?: string }).code, 'wrong-token');
    strictEqual(String(error).includes('secret'), false);
  });
});

Deno.test('a server that only knows a password is said to be one', async () => {
  const login: Answer = request =>
    new URL(request.url).pathname === '/login'
      ? new Response('<form>')
      : new Response(null, { status: 302, headers: { location: '/login' } });
  await withServer(login, async url => {
    // With a password in its newer setting, Jupyter Server says that it has none.
    const more = { token: '', password: false };
    await withRuntime({ 'jpserver-5.json': file(url, 5, more) }, async () => {
      const { room } = await import('../../lib/room/room.mjs#password');
      await rejects(room.notebooks(), {
        code: 'password-only',
        message: /token/
      });
    });
  });
});

Deno.test('what is no Jupyter server is said to be none', async () => {
  await withServer(
    () => new Response('<html>'),
    async url => {
      await rejects(connect({ url, token: '' }).notebooks(), {
        code: 'strange-answer'
      });
    }
  );
  await withServer(
    () => Response.json({ a: 1 }),
    async url => {
      await rejects(connect({ url, token: '' }).notebooks(), {
        code: 'strange-answer'
      });
    }
  );
});

Deno.test(
  'a kernel that goes between listing and asking makes one row say so',
  async () => {
    await withServer(lister, async url => {
      const server = connect({ url, token: 'secret' });
      const [row] = await server.readings();
      strictEqual(row.problem?.code, 'kernel-gone');
      strictEqual(row.reading, null);
      await rejects(server.holders('a.ipynb'), { code: 'kernel-gone' });
    });
  }
);

Deno.test('an address that lacks a part is said to be one', async () => {
  const missing = (): Response => Response.json({}, { status: 404 });
  await withServer(missing, async url => {
    await rejects(connect({ url, token: 'x' }).notebooks(), {
      code: 'strange-answer',
      message: /a part may be missing/
    });
  });
});

Deno.test('who asks without a token is told that one is missing', async () => {
  const refuse = (): Response => Response.json({}, { status: 403 });
  await withServer(refuse, async url => {
    await rejects(connect({ url, token: '' }).notebooks(), {
      code: 'wrong-token',
      message: /needs a token/
    });
  });
});

Deno.test('connect() refuses what is no address', () => {
  for (const url of ['', 'localhost', 7]) {
    let code = '';
    try {
      connect({ url: url as string, token: '' });
    } catch (error) {
      code = (error as { code: string }).code;
    }
    strictEqual(code, 'bad-argument', String(url));
  }
});

Deno.test('connect() takes the address of a page of JupyterLab', async () => {
  await withServer(lister, async url => {
    const [notebook] = await connect({
      url: `${url}lab/tree/a.ipynb`,
      token: 'x'
    }).notebooks();
    strictEqual(notebook.path, 'a.ipynb');
  });
});
