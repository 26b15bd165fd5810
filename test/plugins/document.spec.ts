import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { beforeEach, describe, expect, it } from 'vitest';

import { documentPlugin } from '../../src/plugins/document';
import type { IActiveDocument } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { FakeDocument, FakeShell, FakeTracker } from './lab';

describe('documentPlugin', () => {
  let shell: FakeShell;
  let notebooks: FakeTracker;
  let consoles: FakeTracker;
  let active: IActiveDocument;
  let changes: number;

  const activate = async (
    ...trackers: (FakeTracker | null)[]
  ): Promise<void> => {
    const app = { shell } as unknown as JupyterFrontEnd;
    active = await documentPlugin.activate(
      app,
      ...(trackers as unknown as [INotebookTracker, IConsoleTracker])
    );
    changes = 0;
    active.changed.connect(() => changes++);
  };
  /** A person clicks on a document: its tracker and the shell notice. */
  const use = (tracker: FakeTracker, widget: FakeDocument): void => {
    tracker.use(widget);
    shell.focus(widget);
  };

  beforeEach(async () => {
    shell = new FakeShell();
    notebooks = new FakeTracker();
    consoles = new FakeTracker();
    await activate(notebooks, consoles);
  });

  it('should provide nothing where there is no document', async () => {
    expect(active.current).toBeNull();
    await activate(null, null);
    expect(active.current).toBeNull();
  });

  it('should know the document that was there before', async () => {
    const notebook = new FakeDocument();
    notebooks.use(notebook);
    await activate(notebooks, null);
    expect(active.current).toBe(notebook);
  });

  it('should follow from notebook to notebook', () => {
    const documents = [new FakeDocument('a'), new FakeDocument('b')];
    for (const each of [...documents, ...documents]) {
      use(notebooks, each);
      expect(active.current).toBe(each);
    }
    expect(changes).toBe(4);
  });

  it('should follow the focus between a notebook and a console', () => {
    const notebook = new FakeDocument();
    const shown = new FakeDocument('Console 1');
    use(notebooks, notebook);
    use(consoles, shown);
    expect(active.current).toBe(shown);
    // The notebook tracker's current widget is the same as before.
    shell.focus(notebook);
    expect(active.current).toBe(notebook);
  });

  it('should remember the document while something else has the focus', () => {
    const notebook = new FakeDocument();
    const shown = new FakeDocument('Console 1');
    use(notebooks, notebook);
    use(consoles, shown);
    for (const each of [notebook, shown]) {
      shell.focus(each);
      changes = 0;
      shell.focus(new FakeDocument('a text editor'));
      shell.focus(null);
      expect(active.current).toBe(each);
      expect(changes).toBe(0);
    }
  });

  it('should find an open document by its kernel or its widget', () => {
    const kernels = ['k1', 'k2', 'k2'].map(id => new FakeConnection({ id }));
    const [one, two, three] = kernels.map(
      kernel => new FakeDocument(kernel.id, kernel)
    ) as [FakeDocument, FakeDocument, FakeDocument];
    [one, two, three].forEach((each, place) => (each.id = `widget ${place}`));
    use(notebooks, one);
    use(notebooks, two);
    use(consoles, three);
    expect(active.ofKernel('k1')).toBe(one);
    // Of several with one kernel the current one, else the first.
    expect(active.ofKernel('k2')).toBe(three);
    use(notebooks, one);
    expect(active.ofKernel('k2')).toBe(two);
    expect(active.ofKernel('k3')).toBeNull();
    expect(active.withId('widget 2')).toBe(three);
    consoles.close(three);
    expect(active.withId('widget 2')).toBeNull();
  });

  it('should take the next document when the current one closes', () => {
    const [one, two] = [new FakeDocument('a'), new FakeDocument('b')];
    use(notebooks, one);
    use(notebooks, two);
    notebooks.close(two, one);
    expect(active.current).toBe(one);
    notebooks.close(one);
    expect(active.current).toBeNull();
  });

  it('should fall back to a console when the last notebook closes', () => {
    const notebook = new FakeDocument();
    const shown = new FakeDocument('Console 1');
    use(consoles, shown);
    use(notebooks, notebook);
    notebooks.close(notebook);
    expect(active.current).toBe(shown);
  });

  it('should tell of a new title of the current document only', () => {
    const [one, two] = [new FakeDocument('a'), new FakeDocument('b')];
    use(notebooks, one);
    use(notebooks, two);
    changes = 0;
    one.title.label = 'renamed';
    expect(changes).toBe(0);
    two.title.label = 'renamed too';
    expect(changes).toBe(1);
  });
});
