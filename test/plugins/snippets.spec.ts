import { beforeEach, describe, expect, it } from 'vitest';

import { CommandIDs } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, turns } from '../model/page';
import { FakeDocument, Lab } from './lab';

/** Every command that puts Python into the active document. */
const INSERTING = [
  [CommandIDs.insertSnippet, { id: 'check-memory' }],
  [CommandIDs.insertCode, { code: '1' }],
  [CommandIDs.clear, {}],
  [CommandIDs.clear, { how: 'insert-only' }],
  [CommandIDs.clear, { how: 'quietly' }]
] as const;

describe('snippetsPlugin', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = new Lab();
    await lab.start();
  });

  const enabled = (): boolean[] =>
    INSERTING.map(([id, args]) => lab.commands.isEnabled(id, args));
  const ALL = INSERTING.map(() => true);
  const NONE = INSERTING.map(() => false);

  it('should offer cells for a notebook of Python', () => {
    expect(enabled()).toEqual(NONE);
    lab.open(new FakeConnection());
    expect(enabled()).toEqual(ALL);
  });

  it('should offer none for a notebook of another language', () => {
    lab.open(new FakeConnection({ name: 'julia-1.11' }));
    expect(enabled()).toEqual(NONE);
    // Whatever the language, it can be restarted.
    expect(lab.commands.isEnabled(CommandIDs.clear, { how: 'restart' })).toBe(
      true
    );
  });

  it('should go by what the document wants where there is no kernel', () => {
    const notebook = new FakeDocument('a.ipynb');
    notebook.sessionContext.kernelPreference = { language: 'R', name: 'ir' };
    lab.notebooks.use(notebook);
    lab.shell.focus(notebook);
    expect(enabled()).toEqual(NONE);
    notebook.sessionContext.kernelPreference = { name: 'python3' };
    expect(enabled()).toEqual(ALL);
  });

  it('should offer them where nobody says which language it is', () => {
    lab.open(new FakeConnection({ name: 'a remote kernel' }));
    expect(enabled()).toEqual(ALL);
  });

  it('should believe a kernel that says of itself that it is another', async () => {
    const connection = new FakeConnection({
      info: Promise.resolve({ language_info: { name: 'scala' } })
    });
    new FakeAgent().serve(connection);
    lab.open(connection);
    lab.shell.added[0]?.show();
    await lab.commands.execute(CommandIDs.open);
    lab.stored.change({ watchWhenClosed: true });
    await turns();
    expect(enabled()).toEqual(NONE);
  });

  it('should tell the palette when another document is active', () => {
    let changes = 0;
    lab.commands.commandChanged.connect((_, { id, type }) => {
      changes += id === CommandIDs.insertSnippet && type === 'changed' ? 1 : 0;
    });
    lab.open(new FakeConnection());
    expect(changes).toBeGreaterThan(0);
  });
});
