import * as React from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import type { IHolder } from '../../src/core/wire/generated';
import { HolderRow } from '../../src/views/holders/holder';
import { button, draw, eraseAll, texts, trans } from './draw';
import type { FakeHoldings } from './fake';
import { device, FakeActions, FakeMonitor, GIB, reading, record } from './fake';
import { openPanel } from './open';

/** A model with these gibibytes on each device, by its number. */
function model(gibByDevice: { [index: number]: number }): IHolder {
  const devices = Object.entries(gibByDevice).map(([index, gib]) => ({
    id: `cuda:${index}`,
    bytes: gib * GIB,
    sharedBytes: 0
  }));
  const ordered = devices.sort((one, other) => other.bytes - one.bytes);
  return {
    name: 'model',
    kind: 'variable',
    path: 'model',
    bytes: devices.reduce((sum, { bytes }) => sum + bytes, 0),
    sharedBytes: 0,
    alsoHeldBy: [],
    tensorCount: 7,
    device: ordered[0]?.id ?? '',
    devices: ordered,
    pinnedBytes: 0,
    release: 'del model',
    note: null,
    parts: []
  };
}

async function show(
  holder: IHolder,
  showDevice = true,
  actions = new FakeActions()
): Promise<HTMLElement> {
  return draw(
    <HolderRow
      {...{ holder, showDevice, actions, trans }}
      share={1}
      refusal={null}
    />
  );
}

describe('HolderRow', () => {
  afterEach(eraseAll);

  it.each([
    [{ 0: 2 }, '7 tensors · cuda:0'],
    [{ 0: 2, 1: 3 }, '7 tensors · cuda:0 + cuda:1'],
    [{ 0: 1, 1: 2, 2: 3 }, '7 tensors · 3 devices']
  ])('should say of %j where it is', async (gib, words) => {
    const node = await show(model(gib));
    expect(texts(node, '.jp-VramHolder-kind')).toEqual([words]);
    expect(texts(await show(model(gib), false), '.jp-VramHolder-kind')).toEqual(
      ['7 tensors']
    );
  });

  it('should tell the bytes on each device, in their order', async () => {
    const node = await show(model({ 0: 1, 2: 3, 10: 2 }));
    node.querySelector<HTMLElement>('.jp-VramHolder-fold')?.click();
    await expect
      .poll(() => texts(node, '.jp-VramHolder-details > p').slice(0, 3))
      .toEqual(['cuda:0: 1.00 GiB', 'cuda:2: 3.00 GiB', 'cuda:10: 2.00 GiB']);
  });

  it.each([
    ['shared', 'Something that has no name here holds it, too.'],
    ['unchecked', 'It was not checked whether something else holds it, too.']
  ] as const)('should say of a %s promise so', async (promise, words) => {
    const node = await show({ ...model({ 0: 1 }), promise });
    node.querySelector<HTMLElement>('.jp-VramHolder-fold')?.click();
    await expect
      .poll(() => texts(node, '.jp-VramHolder-details > p'))
      .toContain(words);
  });

  it('should say nothing of a promise that was checked', async () => {
    const node = await show({ ...model({ 0: 1 }), promise: 'checked' });
    node.querySelector<HTMLElement>('.jp-VramHolder-fold')?.click();
    await expect
      .poll(() => texts(node, '.jp-VramHolder-details > p'))
      .toEqual(['del model']);
  });

  it('should let go by its name', async () => {
    const actions = new FakeActions();
    const node = await show(model({ 0: 2 }), true, actions);
    button(node, 'Release model').click();
    expect(actions.calls).toEqual(['release model']);
  });
});

describe('Holders', () => {
  afterEach(eraseAll);

  const found = {
    holders: [{ ...model({ 0: 2 }), kind: 'output' as const, name: 'Out[3]' }],
    devices: [],
    isComplete: true,
    seconds: 0.1
  };

  function monitorWith(change: Partial<FakeHoldings>): FakeMonitor {
    const monitor = new FakeMonitor({
      records: [record(4, 0, 2), record(5, 2, 2)]
    });
    Object.assign(monitor.holdings, { found, ...change });
    return monitor;
  }

  it('should say what may be missing because of a version, and where that is missed', async () => {
    const monitor = new FakeMonitor({
      reading: reading([device()], { unsupported: ['outputs', 'cells'] })
    });
    const { node } = await openPanel(monitor);
    const quiet = (title: string): string[] =>
      [...node.querySelectorAll('section')]
        .filter(each => each.querySelector('h3')?.textContent?.includes(title))
        .flatMap(each => texts(each, '.jp-VramPanel-quiet'));
    expect(quiet('Held by')).toContain(
      'This IPython keeps outputs elsewhere; they may be missing from the list of holders.'
    );
    expect(quiet('Latest cells')).toContain(
      'This IPython announces its cells in another way; what each cell did is not known.'
    );
    const without = await openPanel(new FakeMonitor());
    expect(without.node.textContent).not.toContain('This IPython');
  });

  it('should release from a list of this moment', async () => {
    const { node, actions } = await openPanel(monitorWith({}));
    button(node, 'Release Out[3]').click();
    button(node, 'Release all that the notebook itself holds').click();
    expect(actions.calls).toEqual(['release Out[3]', 'release all']);
    expect(node.textContent).not.toContain('Found at');
  });

  it('should release nothing from an older list, and say how old it is', async () => {
    const foundSeconds = record(4, 0, 2).endedSeconds + 1;
    const { node, actions } = await openPanel(
      monitorWith({ isOutdated: true, foundSeconds })
    );
    for (const label of [
      'Release Out[3]',
      'Release all that the notebook itself holds'
    ]) {
      const release = button(node, label);
      release.click();
      expect(release.getAttribute('aria-disabled')).toBe('true');
      expect(release.title).toMatch(
        /^Found at .*, after \[4\]\. Cells have run since\.$/
      );
    }
    expect(actions.calls).toEqual([]);
    button(node, 'Search again').click();
    expect(actions.calls).toEqual(['find holders']);
  });

  it('should say when only the figures have changed', async () => {
    const foundSeconds = record(5, 0, 2).endedSeconds + 1;
    const { node } = await openPanel(
      monitorWith({ isOutdated: true, foundSeconds })
    );
    expect(node.textContent).toMatch(
      /Found at .*, after \[5\]\. Memory has changed since\./
    );
  });

  it('should let go of the owner of what is no holder itself', async () => {
    const pool = {
      ...model({ 0: 2 }),
      name: 'CUDA graph of g',
      kind: 'cuda graph pool' as const,
      alsoHeldBy: ['g']
    };
    const actions = new FakeActions();
    const node = await show(pool, true, actions);
    button(node, 'Release g').click();
    expect(actions.calls).toEqual(['release g']);
  });
});
