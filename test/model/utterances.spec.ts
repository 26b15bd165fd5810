import { beforeEach, describe, expect, it } from 'vitest';

import type { IKernelError } from '../../src/model/kernelerrors';
import { KernelErrors } from '../../src/model/kernelerrors';
import { FakeConnection } from '../kernel/connection';
import { FakeContext } from './document';

let context: FakeContext;
let utterances: KernelErrors;
let said: IKernelError[];

function tell(type: string, content: object, request = 'r1'): void {
  context.iopubMessage.emit({
    header: { msg_type: type },
    parent_header: { msg_id: request },
    content
  });
}

beforeEach(() => {
  context = new FakeContext(new FakeConnection());
  utterances = new KernelErrors(context.context);
  said = [];
  utterances.failed.connect((_, each) => said.push(each));
});

describe('Utterances', () => {
  it('should pass on an error with its traceback, its words last', () => {
    tell('error', {
      ename: 'OutOfMemoryError',
      evalue: 'CUDA out of memory.',
      traceback: ['one', 'two']
    });
    expect(said).toMatchObject([
      {
        requestId: 'r1',
        text: 'one\ntwo\n\nOutOfMemoryError: CUDA out of memory.'
      }
    ]);
  });

  it.each(['dead', 'autorestarting'])(
    'should pass on what the kernel printed last when it is %s',
    status => {
      tell('execute_input', {});
      tell('stream', { name: 'stdout', text: 'loading\n' });
      tell('stream', { name: 'stderr', text: 'Error out of memory\n' });
      context.statusChanged.emit(status);
      expect(said).toMatchObject([
        { requestId: null, text: 'loading\nError out of memory\n' }
      ]);
      context.statusChanged.emit(status);
      expect(said).toHaveLength(1);
    }
  );

  it('should say nothing of a kernel that is restarted on purpose, or was silent', () => {
    context.statusChanged.emit('dead');
    tell('stream', { name: 'stderr', text: 'Error out of memory\n' });
    context.statusChanged.emit('restarting');
    context.statusChanged.emit('busy');
    expect(said).toEqual([]);
  });

  it('should forget what an earlier cell printed, and keep a bounded tail', () => {
    tell('stream', { name: 'stderr', text: 'earlier' });
    tell('execute_input', {});
    for (let count = 0; count < 200; count += 1) {
      tell('stream', { name: 'stdout', text: 'x'.repeat(1024) });
    }
    tell('stream', { name: 'stderr', text: 'last words' });
    context.statusChanged.emit('dead');
    expect(said[0]?.text).toHaveLength(64 * 1024);
    expect(said[0]?.text.endsWith('xlast words')).toBe(true);
  });

  it('should tell which request begins', () => {
    const started: string[] = [];
    utterances.started.connect((_, each) => started.push(each));
    tell('execute_input', {}, 'r7');
    expect(started).toEqual(['r7']);
  });

  it('should listen to nothing once it is disposed', () => {
    utterances.dispose();
    expect(context.iopubMessage.listeners).toBe(0);
    expect(context.statusChanged.listeners).toBe(0);
    expect(utterances.isDisposed).toBe(true);
  });
});
