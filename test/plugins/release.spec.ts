import { Dialog, Notification } from '@jupyterlab/apputils';
import type { MockInstance } from 'vitest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CommandIDs } from '../../src/plugins/tokens';
import type { Json } from '../core/wire';
import fixture from '../fixtures/release_preview.json';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, turns } from '../model/page';
import type { FakeDocument } from './lab';
import { Lab } from './lab';

const MIB = 2 ** 20;
const [PREVIEW] = fixture.valid;

describe('releasePlugin', () => {
  let lab: Lab;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let notebook: FakeDocument;
  let warn: MockInstance<typeof Notification.warning>;
  /** What the kernel answers when asked what a release would do. */
  let preview: Json;

  const said = (): unknown[] => warn.mock.calls.map(([sentence]) => sentence);

  const dialog = async (): Promise<HTMLElement> =>
    vi.waitFor(() => {
      const node = document.querySelector<HTMLElement>('.jp-Dialog');
      if (!node) {
        throw new Error('There is no dialog');
      }
      return node;
    });

  const press = async (label: string): Promise<void> => {
    const buttons = (await dialog()).querySelectorAll('button');
    [...buttons].find(each => each.textContent === label)?.click();
    await turns();
  };

  const release = (...names: string[]): Promise<unknown> =>
    lab.commands.execute(CommandIDs.release, { names });

  beforeEach(async () => {
    warn = vi.spyOn(Notification, 'warning').mockReturnValue('id');
    lab = new Lab();
    agent = new FakeAgent();
    connection = new FakeConnection();
    preview = { ...PREVIEW };
    const kinds: Record<string, Json> = {
      attach: { kind: 'attached' },
      clear: { kind: 'cleared' }
    };
    connection.answer = ({ op }) =>
      agent.message({
        ...(kinds[op] ?? { kind: 'answered', answer: preview }),
        ...agent.top
      });
    await lab.start();
    lab.stored.change({ watchWhenClosed: true });
    notebook = lab.open(connection);
    await turns();
  });

  afterEach(() => {
    Dialog.flush();
    notebook.dispose();
    document.body.replaceChildren();
  });

  it('should ask the kernel first, show what it says, and do just that', async () => {
    const done = release('opt', 'out');
    const { textContent } = await dialog();
    expect(textContent).toContain('Release opt, out?');
    expect(textContent).toContain('del opt, out\nimport jupyterlab_vram');
    expect(textContent).toContain('It frees 1.50 GiB.');
    await press('Release');
    await done;
    expect(connection.requests.slice(1)).toMatchObject([
      { op: 'release_preview', names: ['opt', 'out'], groups: [] },
      { op: 'clear', shown: PREVIEW?.token }
    ]);
    expect(said()).toEqual([]);
  });

  it('should show what is true now, whatever an older list says', async () => {
    preview = {
      ...PREVIEW,
      devices: [
        {
          id: 'practice',
          frees_bytes: 4 * MIB,
          stays_bytes: 0,
          collected_bytes: 0
        }
      ]
    };
    void release('y');
    expect((await dialog()).textContent).toContain('It frees 4.0 MiB.');
    await press('Cancel');
  });

  it('should tell a variable from a group of the same name', async () => {
    const one = release('all');
    await press('Cancel');
    await one;
    const both = lab.commands.execute(CommandIDs.release, { groups: ['all'] });
    expect((await dialog()).textContent).toContain(
      'Release all that the notebook itself holds?'
    );
    await press('Cancel');
    await both;
    expect(connection.requests.slice(1)).toMatchObject([
      { op: 'release_preview', names: ['all'], groups: [] },
      { op: 'release_preview', names: [], groups: ['all'] }
    ]);
  });

  it('should do nothing when it is not meant', async () => {
    const done = release('y');
    await press('Cancel');
    await done;
    expect(connection.operations).toEqual(['attach', 'release_preview']);
  });

  it('should have the focus inside the dialog though the browser is never idle', async () => {
    vi.stubGlobal('requestIdleCallback', () => 0);
    const before = document.body.appendChild(document.createElement('button'));
    before.focus();
    const done = release('y');
    const node = await dialog();
    expect(node.contains(document.activeElement)).toBe(true);
    expect(document.activeElement?.textContent).toBe('Release');
    const escape = new KeyboardEvent('keydown', {
      key: 'Escape',
      bubbles: true
    });
    document.activeElement?.dispatchEvent(escape);
    await done;
    expect(document.querySelector('.jp-Dialog')).toBeNull();
    expect(document.activeElement).toBe(before);
  });

  it('should confirm by Enter on the button that has the focus', async () => {
    const done = release('y');
    await dialog();
    const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true });
    document.activeElement?.dispatchEvent(enter);
    await done;
    expect(connection.operations).toContain('clear');
  });

  it('should not take its own question for a cell that runs', async () => {
    const { answer } = connection;
    connection.answer = (request, expression) => {
      // The answer comes on another channel than the word that the kernel is idle again.
      queueMicrotask(() => queueMicrotask(() => connection.setStatus('busy')));
      setTimeout(() => connection.setStatus('idle'), 50);
      return answer?.(request, expression);
    };
    const done = release('y');
    await dialog();
    await press('Cancel');
    await done;
    expect(said()).toEqual([]);
  });

  it('should take a second press for the first one', async () => {
    const both = [release('y'), release('y')];
    await press('Cancel');
    await Promise.all(both);
    expect(connection.operations).toEqual(['attach', 'release_preview']);
  });

  it('should say why the kernel refuses the question, and show no dialog', async () => {
    agent.top = {
      kind: 'refused',
      reason: 'Nothing called `y` holds device memory now.'
    };
    await release('y');
    expect(said()).toEqual(['Nothing called `y` holds device memory now.']);
    expect(document.querySelector('.jp-Dialog')).toBeNull();
  });

  it('should say why the kernel refuses the release', async () => {
    const done = release('y');
    await dialog();
    const reason =
      '`y` has changed since you were asked. Nothing was released.';
    agent.top = { kind: 'refused', reason };
    await press('Release');
    await done;
    expect(said()).toEqual([reason]);
  });

  it('should act on the kernel that was asked, whichever is in front by then', async () => {
    const other = new FakeConnection({ id: 'kernel-2' });
    new FakeAgent().serve(other);
    const done = release('y');
    await dialog();
    lab.open(other, 'other.ipynb');
    await turns();
    await press('Release');
    await done;
    expect(connection.operations).toContain('clear');
    expect(other.operations).not.toContain('clear');
  });

  describe('should say so and release nothing', () => {
    const CASES: [string, () => void, string][] = [
      ['busy', () => connection.say('busy'), 'A cell is running.'],
      ['dead', () => connection.setStatus('dead'), 'The kernel has died.'],
      [
        'restarting',
        () => connection.setStatus('restarting'),
        'The kernel is restarting.'
      ],
      ['gone', () => notebook.sessionContext.dispose(), 'The kernel is gone.']
    ];

    afterEach(() => {
      expect(connection.operations).not.toContain('clear');
      expect(said()).toHaveLength(1);
    });

    it.each(CASES.slice(0, 3))(
      'when the kernel is %s before the click',
      async (_, happen, words) => {
        happen();
        await release('y');
        expect(connection.operations).not.toContain('release_preview');
        expect(said()[0]).toContain(words);
      }
    );

    it.each(CASES)(
      'when the kernel is %s by the time that it answers',
      async (_, happen, words) => {
        const { answer } = connection;
        connection.answer = (request, expression) => {
          if (request.op === 'release_preview') {
            // After the answer, which comes with the next turn.
            queueMicrotask(() => queueMicrotask(happen));
          }
          return answer?.(request, expression);
        };
        await release('y');
        expect(said()[0]).toContain(words);
        expect(document.querySelector('.jp-Dialog')).toBeNull();
      }
    );

    it.each(CASES)(
      'when the kernel is %s while the dialog is open',
      async (_, happen, words) => {
        const done = release('y');
        await dialog();
        happen();
        await press('Release');
        await done;
        expect(said()[0]).toContain(words);
        expect(said()[0]).toContain('Nothing was released.');
      }
    );
  });
});
