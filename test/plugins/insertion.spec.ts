import { describe, expect, it, vi } from 'vitest';

import { insertAndRun, insertCell } from '../../src/plugins/insertion';
import type { KernelWidget } from '../../src/plugins/tokens';

/** A console, as far as code is put into one. */
class FakeConsole {
  constructor(public draft = '') {}

  readonly console = {
    promptCell: {
      model: {
        id: 'prompt',
        sharedModel: {
          getSource: () => this.draft,
          setSource: (source: string) => (this.draft = source)
        }
      }
    } as object | null,
    cells: { length: 0, get: () => ({ model: { id: 'injected' } }) },
    inject: vi.fn(async () => Promise.resolve()),
    execute: vi.fn(async () => Promise.resolve())
  };

  get widget(): KernelWidget {
    return this as unknown as KernelWidget;
  }
}

describe('insertCell()', () => {
  it('should append to the draft of a console, and run nothing', () => {
    const kept = new FakeConsole('y = train(model)\n');
    expect(insertCell(kept.widget, 'check()')).toBe(true);
    expect(kept.draft).toBe('y = train(model)\n\ncheck()');
    expect(kept.console.inject).not.toHaveBeenCalled();
    expect(kept.console.execute).not.toHaveBeenCalled();
  });

  it('should fill an empty prompt with nothing else', () => {
    const kept = new FakeConsole(' \n');
    insertCell(kept.widget, 'check()');
    expect(kept.draft).toBe('check()');
  });

  it('should refuse where there is no prompt', () => {
    const kept = new FakeConsole();
    kept.console.promptCell = null;
    expect(insertCell(kept.widget, 'check()')).toBe(false);
    expect(insertAndRun(kept.widget, 'check()', null)).toBeNull();
  });
});

describe('insertAndRun()', () => {
  it('should run code in a cell of its own, and leave the draft of a console', async () => {
    const draft = 'del everything';
    const kept = new FakeConsole(draft);
    const started = insertAndRun(kept.widget, 'clear()', null);
    expect(started?.cellId).toBe('injected');
    await started?.done;
    expect(kept.console.inject.mock.calls).toEqual([['clear()']]);
    expect(kept.console.execute).not.toHaveBeenCalled();
    expect(kept.draft).toBe(draft);
  });
});
