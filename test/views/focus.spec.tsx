import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { FocusKeeper } from '../../src/views/shared/focus';
import { button, eraseAll } from './draw';
import { FakeMonitor, warning } from './fake';
import { openPanel } from './open';

describe('FocusKeeper', () => {
  let node: HTMLElement;
  let keeper: FocusKeeper;

  const at = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (!found) {
      throw new Error(`There is no ${id}`);
    }
    return found;
  };
  const focused = (): string | undefined => document.activeElement?.id;
  /** The observer is told after the present turn. */
  const turn = async (): Promise<void> => Promise.resolve();

  beforeEach(() => {
    document.body.innerHTML = `<button id="outside"></button>
      <div id="panel">
        <button id="first"></button>
        <section id="cards">
          <div id="card1"><p><button id="a"></button></p><button id="b"></button></div>
          <div id="card2"><button id="c"></button></div>
          <p id="foot">text</p>
        </section>
        <section><button id="last"></button></section>
      </div>`;
    node = at('panel');
    keeper = new FocusKeeper(node);
  });

  afterEach(() => {
    keeper.dispose();
    document.body.replaceChildren();
  });

  it.each([
    ['b', 'card1', 'c'],
    ['a', 'card1', 'c'],
    ['c', 'card2', 'a'],
    ['c', 'cards', 'last'],
    ['a', 'a', 'b']
  ])(
    'should go on from %s, when %s is taken away, to %s',
    async (from, gone, to) => {
      at(from).focus();
      at(gone).remove();
      await turn();
      expect(focused()).toBe(to);
    }
  );

  it('should leave the focus where a person has put it', async () => {
    at('a').focus();
    at('outside').focus();
    await turn();
    at('card1').remove();
    await turn();
    expect(focused()).toBe('outside');
  });

  it('should not fetch back a focus that a person took away', async () => {
    at('a').focus();
    at('a').blur();
    await turn();
    at('card1').remove();
    await turn();
    expect(document.activeElement).toBe(document.body);
  });

  it('should do nothing once disposed', async () => {
    at('a').focus();
    keeper.dispose();
    at('card1').remove();
    await turn();
    expect(document.activeElement).toBe(document.body);
  });
});

describe('VramPanel', () => {
  afterEach(eraseAll);

  /** A monitor that hides what is snoozed. */
  class SnoozingMonitor extends FakeMonitor {
    override snooze(id: string): void {
      const warnings = this.warnings.filter(each => each.id !== id);
      this.tell({ warnings, snoozedCount: this.snoozedCount + 1 });
    }

    override unsnoozeAll(): void {
      this.tell({ warnings: [warning()], snoozedCount: 0 });
    }
  }

  it('should keep the focus when a warning is snoozed, and shown again', async () => {
    const monitor = new SnoozingMonitor({ warnings: [warning()] });
    const { node } = await openPanel(monitor);
    const press = (text: string): void => {
      const pressed = button(node, text);
      pressed.focus();
      pressed.click();
    };
    press('Snooze');
    await vi.waitFor(() =>
      expect(document.activeElement).toBe(button(node, 'Show'))
    );
    press('Show');
    await vi.waitFor(() =>
      expect(document.activeElement?.closest('.jp-VramWarning')).not.toBeNull()
    );
  });
});
