import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import type { MockInstance } from 'vitest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IFailure } from '../../src/model/oomerrors';
import { Failures } from '../../src/model/oomerrors';
import { Announcements } from '../../src/plugins/oomnotifications';
import type { ISettingsStore } from '../../src/plugins/settings';
import { Subjects } from '../../src/plugins/subjects';
import type { IActiveDocument } from '../../src/plugins/tokens';
import { FakeSettings } from '../model/page';
import { FakeShell } from './lab';

describe('Announcements', () => {
  let failures: Failures;
  let announce: MockInstance<typeof Notification.error>;

  const fail = (sentence: string): void => {
    const explanation = { backend: 'cuda', sentence, remedies: [] };
    failures.note({
      kernelId: 'kernel-1',
      timeMs: 0,
      hasDied: false,
      explanation
    } as unknown as IFailure);
  };
  const said = (): unknown[] => announce.mock.calls.map(([text]) => text);

  beforeEach(() => {
    vi.useFakeTimers();
    announce = vi.spyOn(Notification, 'error').mockReturnValue('id');
    vi.spyOn(Notification, 'dismiss').mockReturnValue();
    failures = new Failures();
    const trans = nullTranslator.load('jupyterlab_vram');
    const app = { commands: new CommandRegistry(), shell: new FakeShell() };
    const documents = { ofKernel: () => null } as unknown as IActiveDocument;
    new Announcements({
      failures,
      subjects: new Subjects(
        app as unknown as JupyterFrontEnd,
        documents,
        trans
      ),
      store: new FakeSettings() as unknown as ISettingsStore,
      trans
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('should be made one a second where errors follow each other without end', () => {
    for (let error = 1; error <= 1000; error++) {
      fail(`Error ${error}`);
      vi.advanceTimersByTime(10);
    }
    expect(said()[0]).toBe('Error 1');
    expect(said().length).toBeGreaterThanOrEqual(10);
    expect(said().length).toBeLessThanOrEqual(11);
  });

  it('should end with the latest error', () => {
    for (let error = 1; error <= 100; error++) {
      fail(`Error ${error}`);
    }
    vi.advanceTimersByTime(1000);
    expect(said()).toEqual(['Error 1', 'Error 100']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('should not wait for ever after the clock was set back', () => {
    fail('Before');
    vi.setSystemTime(Date.now() - 3_600_000);
    fail('After');
    vi.advanceTimersByTime(1000);
    expect(said()).toEqual(['Before', 'After']);
  });
});
