import { afterEach, describe, expect, it, vi } from 'vitest';

import type { ReadingState } from '../../src/core/wire/generated';
import type { MonitorStatus } from '../../src/model/tokens';
import type { ISnippetItem } from '../../src/views/shared/actions';
import { button, eraseAll, texts } from './draw';
import { device, FakeMonitor, GIB, practiceDevice, reading } from './fake';
import { openPanel, type IOpenPanel } from './open';

const OTHER_TITLE = 'eval.ipynb';
const SNIPPETS = [
  snippet('check', 'Check memory', 'Print the figures'),
  snippet('clear', 'Clear memory', '')
];

function snippet(id: string, label: string, caption: string): ISnippetItem {
  return { id, label, caption };
}

async function open(
  monitor: FakeMonitor | null,
  title?: string
): Promise<IOpenPanel> {
  return openPanel(monitor, title, SNIPPETS);
}

function withStatus(status: MonitorStatus): FakeMonitor {
  return new FakeMonitor({
    status,
    reading: null,
    failure: () => 'No `comm` here.'
  });
}

function withState(state: ReadingState): FakeMonitor {
  return new FakeMonitor({
    reading: reading([], { state, detail: 'NVML: version mismatch' })
  });
}

describe('VramPanel', () => {
  afterEach(eraseAll);

  it('should be known by an id and an icon', async () => {
    const { panel } = await open(null);
    expect(panel.id).toBe('jupyterlab-vram-panel');
    expect(panel.title.caption).toBe('GPU memory');
    expect(panel.title.icon).toMatchObject({ name: 'jupyterlab-vram:vram' });
  });

  it('should name the document and show the figures of its GPU', async () => {
    const { node } = await open(new FakeMonitor());
    expect(texts(node, 'h2')).toEqual(['finetune.ipynb']);
    expect(texts(node, '.jp-VramPanel-state')).toEqual(['Idle']);
    expect(texts(node, '.jp-VramDevice-product')).toEqual([
      'NVIDIA H100 80GB HBM3'
    ]);
    expect(node.textContent).toContain('cuda:0 · driver 23.1 of 79.6 GiB');
    expect(texts(node, '.jp-VramDevice-figure')).toEqual([
      '14.2 GiB allocated',
      '17.6 GiB reserved',
      '16.9 GiB peak'
    ]);
  });

  it('should say how fresh the figures of a busy kernel are', async () => {
    const monitor = new FakeMonitor({ busy: true });
    const { node } = await open(monitor);
    const state = (): string[] => texts(node, '.jp-VramPanel-state');
    expect(state()).toEqual(['Busy · live']);
    monitor.tell({ staleMs: 12_400 });
    await vi.waitFor(() => expect(state()).toEqual(['Busy · as of 12 s ago']));
    expect(
      node.querySelector('.jp-VramPanel-devices')?.getAttribute('data-current')
    ).toBe('false');
  });

  it.each<[MonitorStatus, string, string]>([
    ['connecting', 'Connecting', 'Connecting…'],
    ['waiting', 'Busy', 'Kernel is busy'],
    ['asleep', 'Paused', 'Paused'],
    ['restarting', 'Restarting', 'Kernel is restarting'],
    ['dead', 'Dead', 'Kernel died'],
    ['disconnected', 'Disconnected', 'Connection lost'],
    ['not-python', 'Not Python', 'Not a Python kernel'],
    ['failed', 'Not connected', 'Could not read this kernel']
  ])('should have words of its own for %s', async (status, word, title) => {
    const { node } = await open(withStatus(status));
    expect(texts(node, '.jp-VramPanel-state')).toEqual([word]);
    expect(texts(node, '.jp-VramPanel-noticeTitle')).toEqual([title]);
    expect(node.querySelector('.jp-VramPanel-primary')).toBeNull();
  });

  it.each<[ReadingState, string]>([
    ['no-torch', 'No torch in this kernel yet'],
    ['torch-without-gpu', 'This torch has no GPU support'],
    ['no-driver', 'No GPU driver'],
    ['not-initialized', 'Nothing on the GPU yet'],
    ['error', 'GPU memory could not be read']
  ])(
    'should have words of its own for a reading of %s',
    async (state, title) => {
      const { node } = await open(withState(state));
      expect(texts(node, '.jp-VramPanel-noticeTitle')).toEqual([title]);
      expect(node.querySelector('.jp-VramDevice')).toBeNull();
    }
  );

  it('should say when no document is open, and when it has no kernel', async () => {
    const { node, source } = await open(null, '');
    expect(texts(node, '.jp-VramPanel-noticeTitle')).toEqual(['No kernel']);
    source.show({ hasDocument: false });
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPanel-noticeTitle')).toEqual([
        'No notebook open'
      ])
    );
    expect(texts(node, 'h2')).toEqual(['GPU memory']);
  });

  it('should give the reason of a failure with its code as code', async () => {
    const { node, actions } = await open(withStatus('failed'));
    expect(texts(node, '.jp-VramPanel-noticeText')).toEqual(['No comm here.']);
    expect(texts(node, '.jp-VramPanel-noticeText code')).toEqual(['comm']);
    button(node, 'Try again').click();
    expect(actions.calls).toEqual(['retry']);
  });

  it.each<ReadingState>(['no-torch', 'torch-without-gpu', 'no-driver'])(
    'should offer the practice device for %s',
    async state => {
      const { node, actions } = await open(withState(state));
      button(node, 'Use the practice device').click();
      expect(actions.calls).toEqual(['practice']);
    }
  );

  it('should offer to restart a dead kernel', async () => {
    const { node, actions } = await open(withStatus('dead'));
    button(node, 'Restart kernel…').click();
    expect(actions.calls).toEqual(['clear restart']);
  });

  it('should keep the last figures of a lost kernel, and say that they are old', async () => {
    const monitor = new FakeMonitor({ status: 'disconnected' });
    const { node } = await open(monitor);
    expect(node.textContent).toContain('These are the last values');
    expect(node.querySelector('.jp-VramDevice')).not.toBeNull();
    expect(
      node.querySelector('.jp-VramPanel-devices')?.getAttribute('data-current')
    ).toBe('false');
  });

  it('should say that a practice device is one', async () => {
    const { node } = await open(
      new FakeMonitor({ reading: reading([practiceDevice()]) })
    );
    expect(texts(node, '.jp-VramDevice-chip')).toEqual(['practice device']);
    expect(node.textContent).not.toContain('cuda:0');
  });

  it('should label an AMD GPU as HIP', async () => {
    const { node } = await open(
      new FakeMonitor({ reading: reading([device({ kind: 'hip' })]) })
    );
    expect(texts(node, '.jp-VramDevice-chip')).toEqual(['HIP']);
  });

  it('should show a GPU that the kernel does not use without figures', async () => {
    const idle = device({
      id: 'cuda:1',
      index: 1,
      allocatedBytes: 0,
      reservedBytes: 0
    });
    const { node } = await open(
      new FakeMonitor({ reading: reading([device(), idle]) })
    );
    expect(node.querySelectorAll('.jp-VramDevice')).toHaveLength(2);
    expect(node.querySelectorAll('.jp-VramDevice-figures')).toHaveLength(1);
    expect(node.textContent).toContain('This kernel holds nothing here.');
  });

  it('should draw hostile names as text', async () => {
    const name = '<img src=x onerror="window.hacked = true">';
    const { node } = await open(
      new FakeMonitor({ reading: reading([device({ name })]) }),
      name
    );
    expect(texts(node, 'h2')).toEqual([name]);
    expect(texts(node, '.jp-VramDevice-product')).toEqual([name]);
    expect(node.querySelector('img')).toBeNull();
  });

  it('should insert snippets and open the settings', async () => {
    const { node, actions } = await open(new FakeMonitor());
    button(node, 'Insert: Check memory').click();
    button(node, 'GPU memory settings').click();
    expect(actions.calls).toEqual(['insert check', 'settings']);
  });

  it.each([
    ['Clear GPU memory', 'clear by settings'],
    ['Insert: Check memory', 'insert check'],
    ['Find who holds it', 'find holders']
  ])('should take a double click on %s for one press', async (name, call) => {
    const { node, actions } = await open(new FakeMonitor());
    for (const detail of [1, 2]) {
      button(node, name).dispatchEvent(
        new MouseEvent('click', { bubbles: true, detail })
      );
    }
    expect(actions.calls).toEqual([call]);
  });

  it('should fold a section away', async () => {
    const { node } = await open(new FakeMonitor());
    const fold = button(node, 'Insert a cell');
    fold.click();
    await vi.waitFor(() =>
      expect(fold.getAttribute('aria-expanded')).toBe('false')
    );
    expect(node.querySelector('.jp-VramSnippets')).toBeNull();
  });

  it('should follow another kernel and leave the last one', async () => {
    const first = new FakeMonitor();
    const second = new FakeMonitor({
      kernelId: 'kernel-2',
      reading: reading([device({ allocatedBytes: 2 * GIB })])
    });
    const { panel, node, source } = await open(first);
    source.show({ title: OTHER_TITLE, monitor: second });
    await vi.waitFor(() => expect(texts(node, 'h2')).toEqual([OTHER_TITLE]));
    expect(node.textContent).toContain('2.00 GiB allocated');
    const update = vi.spyOn(panel, 'update');
    first.tell({ busy: true });
    expect(update).not.toHaveBeenCalled();
    second.tell({ busy: true });
    await vi.waitFor(() => expect(update).toHaveBeenCalled());
  });

  it('should draw nothing while it is hidden, and catch up when shown', async () => {
    const monitor = new FakeMonitor();
    const { panel, node } = await open(monitor);
    panel.hide();
    const update = vi.spyOn(panel, 'update');
    monitor.tell({ busy: true });
    expect(update).not.toHaveBeenCalled();
    panel.show();
    await vi.waitFor(() =>
      expect(texts(node, '.jp-VramPanel-state')).toEqual(['Busy · live'])
    );
  });

  it('should let go of everything when it is disposed', async () => {
    const monitor = new FakeMonitor({ busy: true });
    const { panel, source } = await open(monitor);
    const update = vi.spyOn(panel, 'update');
    vi.useFakeTimers();
    try {
      monitor.tell({});
      update.mockClear();
      panel.dispose();
      monitor.tell({});
      source.show({ title: OTHER_TITLE });
      vi.advanceTimersByTime(60_000);
      expect(update).not.toHaveBeenCalled();
      expect(monitor.isDisposed).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('should be no banner of the page', async () => {
    const { node } = await open(new FakeMonitor());
    const landmarks = 'header, footer, main, nav, [role="banner"]';
    expect(node.querySelectorAll(landmarks)).toHaveLength(0);
  });

  it('should offer the settings only where the page has them', async () => {
    const { actions, node } = await open(new FakeMonitor());
    button(node, 'GPU memory settings').click();
    expect(actions.calls).toEqual(['settings']);
    eraseAll();
    const page = await open(null);
    page.actions.settings = false;
    page.source.show({ title: OTHER_TITLE });
    await vi.waitFor(() =>
      expect(page.node.querySelector('.jp-VramPanel-iconButton')).toBeNull()
    );
  });
});
