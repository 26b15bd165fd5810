// @vitest-environment node
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { version } from '../../package.json';
import type { IAgentSources } from '../../src/kernel/source';
import { PACKAGE } from './delivery';

/** What the front end may deliver to a kernel, in bytes of base64. */
const MAX_ARCHIVE_BYTES = 110_000;

/** What runs in no kernel of a notebook: a program of its own, and types alone. */
const ELSEWHERE = ['deno_kernel.py', 'host/interface.py', 'wire_types.py'];

type Source = typeof import('../../src/kernel/source');

describe('agentSources()', () => {
  let agentSources: Source['agentSources'];

  beforeEach(async () => {
    vi.resetModules();
    ({ agentSources } = await import('../../src/kernel/source'));
  });

  it('should hold every file of the package that a kernel needs', async () => {
    const files = readdirSync(PACKAGE, {
      recursive: true,
      encoding: 'utf8'
    }).filter(name => name.endsWith('.py') && !ELSEWHERE.includes(name));
    expect(files).toContain('agent/bootstrap.py');
    expect(Object.keys(await agentSources()).sort()).toEqual(files.sort());
  });

  it('should hold the very code that is installed, without its docstrings', async () => {
    const sources = await agentSources();
    const program = path.join(import.meta.dirname, 'same_code.py');
    const compared = spawnSync(
      process.env.PYTHON ?? 'python3',
      [program, PACKAGE],
      { input: JSON.stringify(sources), encoding: 'utf8' }
    );
    expect(compared.stderr).toBe('');
    expect(compared.stdout.trim()).toBe(
      `${Object.keys(sources).length} files are the same code`
    );
    expect(sources['magics/magics.py']).toBe(
      readFileSync(path.join(PACKAGE, 'magics/magics.py'), 'utf8')
    );
  });

  it('should say the version of the front end', async () => {
    const { '_version.py': source } = await agentSources();
    expect(source).toContain(`__version__ = "${version}"\n`);
  });

  it('should load them once, also for those who ask at the same time', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const [one, other] = await Promise.all([agentSources(), agentSources()]);
    expect(await agentSources()).toBe(one);
    expect(other).toBe(one);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it.each<[string, () => Promise<Response>]>([
    [
      'is not there',
      async () => Promise.resolve(new Response('', { status: 404 }))
    ],
    [
      'can’t be reached',
      async () => Promise.reject(new Error('It could not be loaded'))
    ]
  ])('should fail if the file %s, and try again', async (_, answer) => {
    vi.spyOn(globalThis, 'fetch').mockImplementationOnce(answer);
    await expect(agentSources()).rejects.toThrow(/could not be loaded/);
    expect(await agentSources()).toHaveProperty(['agent/bootstrap.py']);
  });
});

describe('archiveOf()', () => {
  let sources: IAgentSources;
  let archive: string;

  beforeEach(async () => {
    const module = await import('../../src/kernel/source');
    sources = await module.agentSources();
    archive = await module.archiveOf(sources);
  });

  it('should be the files but for the bootstrap, as compressed JSON in base64', () => {
    const text = inflateSync(Buffer.from(archive, 'base64')).toString('utf8');
    const { 'agent/bootstrap.py': bootstrap, ...others } = sources;
    expect(bootstrap).toContain('archive');
    expect(JSON.parse(text)).toEqual(others);
  });

  it('should be small enough for one message', () => {
    expect(archive.length).toBeLessThan(MAX_ARCHIVE_BYTES);
  });
});
