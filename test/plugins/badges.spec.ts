import type { Cell } from '@jupyterlab/cells';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Json } from '../core/wire';
import { RECORD } from '../core/wire';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, turns } from '../model/page';
import type { FakeDocument } from './lab';
import { Lab } from './lab';

const MIB = 2 ** 20;

/** A cell with an input area, or outside of the view without one. */
class FakeCell {
  constructor(id: string, isInView = true) {
    this.model = { id };
    this.inputArea = isInView ? new Widget() : null;
    if (this.inputArea) {
      Widget.attach(this.inputArea, document.body);
    }
  }

  readonly model: { id: string };
  readonly inputArea: Widget | null;
  readonly disposed = new Signal<Cell, void>(this as unknown as Cell);

  /** The texts of its badges that can be seen. */
  get badges(): (string | null)[] {
    const nodes = this.inputArea?.node.querySelectorAll(
      '.jp-VramBadge:not(.lm-mod-hidden)'
    );
    return Array.from(nodes ?? [], node => node.textContent);
  }
}

/** A run of the cell that added so many MiB. */
function run(number: number, cellId: string, addedMib: number): Json {
  return {
    ...RECORD,
    run: number,
    cell_id: cellId,
    devices: [
      {
        id: 'cuda:0',
        before_allocated_bytes: 0,
        before_reserved_bytes: 0,
        after_allocated_bytes: addedMib * MIB,
        after_reserved_bytes: addedMib * MIB,
        peak_allocated_bytes: addedMib * MIB,
        peak_exact: true
      }
    ]
  };
}

describe('badgesPlugin', () => {
  let lab: Lab;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let notebook: FakeDocument;
  let cells: [FakeCell, FakeCell, FakeCell];

  beforeEach(async () => {
    lab = new Lab();
    agent = new FakeAgent();
    connection = new FakeConnection();
    agent.serve(connection);
    await lab.start();
    lab.stored.change({ cellBadges: true, watchWhenClosed: true });
    notebook = lab.open(connection);
    cells = [
      new FakeCell('a'),
      new FakeCell('b'),
      new FakeCell('far away', false)
    ];
    notebook.content.widgets = cells;
    await turns();
  });

  afterEach(() => {
    document.body.replaceChildren();
  });

  it('should put a badge at the cell that ran', () => {
    agent.push(connection, { finished: run(1, 'b', 512) });
    expect(cells[0].badges).toEqual([]);
    expect(cells[1].badges).toEqual(['+512 MiB']);
  });

  it('should show the latest run in the same badge', () => {
    agent.push(connection, { finished: run(1, 'a', 512) });
    agent.push(connection, { finished: run(2, 'a', 64) });
    expect(cells[0].badges).toEqual(['+64 MiB']);
  });

  it('should not let records from before replace it', () => {
    agent.push(connection, { finished: run(2, 'a', 64) });
    const records = [run(1, 'a', 512), run(2, 'a', 64)];
    agent.push(connection, { kind: 'attached', records });
    expect(cells[0].badges).toEqual(['+64 MiB']);
  });

  it('should show what had run before the page was there', () => {
    const records = [run(1, 'a', 512)];
    agent.push(connection, { kind: 'attached', records });
    expect(cells[0].badges).toEqual(['+512 MiB']);
  });

  it('should survive a cell that is not drawn, and one that is not there', () => {
    agent.push(connection, { finished: run(1, 'far away', 512) });
    agent.push(connection, { finished: run(2, 'deleted', 512) });
    expect(cells.flatMap(cell => cell.badges)).toEqual([]);
  });

  it('should leave the notebooks of other kernels alone', () => {
    const other = lab.open(new FakeConnection({ id: 'kernel-2' }));
    const twin = new FakeCell('a');
    other.content.widgets = [twin];
    agent.push(connection, { finished: run(1, 'a', 512) });
    expect(twin.badges).toEqual([]);
    expect(cells[0].badges).toHaveLength(1);
  });

  it('should go when they are switched off, and come back with what is known', () => {
    agent.push(connection, { finished: run(1, 'a', 512) });
    lab.stored.change({ cellBadges: false });
    expect(cells[0].badges).toEqual([]);
    lab.stored.change({ cellBadges: true });
    expect(cells[0].badges).toEqual(['+512 MiB']);
  });

  it('should go with their cell', () => {
    agent.push(connection, { finished: run(1, 'a', 512) });
    cells[0].disposed.emit();
    expect(cells[0].badges).toEqual([]);
  });
});
