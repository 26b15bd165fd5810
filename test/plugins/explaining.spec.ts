import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import type { ISessionContext } from '@jupyterlab/apputils';
import { explainOutOfMemory } from '../../src/core/oom';
import type { IReading } from '../../src/core/wire/generated';
import { Failures } from '../../src/model/oomerrors';
import type { IKernelError } from '../../src/model/kernelerrors';
import { KernelErrors } from '../../src/model/kernelerrors';
import { Explainer } from '../../src/plugins/explainer';
import { CHECKS } from '../core/oom/checks';
import { NOT_MEMORY, PROSE } from '../core/oom/texts';
import { FakeConnection } from '../kernel/connection';
import { FakeMonitor } from '../views/fake';
import { FakeDocument } from './lab';

const trans = nullTranslator.load('jupyterlab_vram');

/** What a kernel's error, or its last words, become on their way to the explanation. */
class Live {
  private readonly _document = new FakeDocument(
    'a.ipynb',
    new FakeConnection()
  );
  private readonly _utterances = new KernelErrors(
    this._document.sessionContext as unknown as ISessionContext
  );
  readonly failures = new Failures();
  readonly monitor = new FakeMonitor();
  readonly explainer = new Explainer({
    failures: this.failures,
    monitors: { monitorOf: () => this.monitor } as never,
    trans
  });

  /** What was said, and what the page made of it. */
  async hear(say: (document: FakeDocument) => void): Promise<Heard> {
    const heard: IKernelError[] = [];
    const listen = (_: KernelErrors, said: IKernelError): void => {
      heard.push(said);
    };
    this._utterances.failed.connect(listen);
    say(this._document);
    this._utterances.failed.disconnect(listen);
    const [said] = heard;
    if (said === undefined) {
      throw new Error('Nothing was heard');
    }
    return { said, failure: await this.explainer.hear(said) };
  }
}

interface Heard {
  readonly said: IKernelError;
  readonly failure: Awaited<ReturnType<Explainer['hear']>>;
}

function raise(text: string): (document: FakeDocument) => void {
  return ({ sessionContext }) =>
    sessionContext.iopubMessage.emit({
      header: { msg_type: 'error' },
      parent_header: { msg_id: 'r1' },
      content: {
        ename: 'RuntimeError',
        evalue: text,
        traceback: ['Traceback (most recent call last)', text]
      }
    });
}

function die(text: string): (document: FakeDocument) => void {
  return ({ sessionContext }) => {
    sessionContext.iopubMessage.emit({
      header: { msg_type: 'execute_input' },
      parent_header: { msg_id: 'r1' },
      content: {}
    });
    sessionContext.iopubMessage.emit({
      header: { msg_type: 'stream' },
      parent_header: { msg_id: 'r1' },
      content: { name: 'stderr', text }
    });
    sessionContext.statusChanged.emit('autorestarting');
  };
}

const ALL: readonly { text: string; reading?: IReading }[] = [
  ...CHECKS,
  ...[...NOT_MEMORY, ...PROSE].map(text => ({ text }))
];

describe('Explainer', () => {
  it('should explain what a kernel raises as it explains what is pasted', async () => {
    const live = new Live();
    let explained = 0;
    for (const { text, reading } of ALL) {
      live.monitor.reading = reading ?? null;
      const { said, failure } = await live.hear(raise(text));
      const wanted = explainOutOfMemory(said.text, reading, { isLive: true });
      expect(failure?.explanation ?? null, text).toEqual(wanted);
      explained += wanted === null ? 0 : 1;
    }
    expect(explained).toBeGreaterThan(250);
  });

  it('should explain the last words of a kernel as it explains what is pasted', async () => {
    const live = new Live();
    for (const { text } of ALL.filter(each => each.text !== '')) {
      const { said, failure } = await live.hear(die(text));
      const wanted = explainOutOfMemory(said.text);
      expect(failure?.explanation ?? null, text).toEqual(wanted);
    }
  });
});
