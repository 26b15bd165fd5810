import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { LEAK, MODEL, take } from './python';

const fixture = useLab();

describe('The keyboard', () => {
  it('should reach the button and its menu with Tab, and leave the menu with Escape', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([take('a', 100)]);
    await notebook.run(0);
    await panel.root
      .getByRole('button', { name: 'GPU memory settings' })
      .focus();
    await page.keyboard.press('Tab');
    await expect.poll(() => isFocused(panel.clearButton)).toBe(true);
    await page.keyboard.press('Tab');
    await expect.poll(() => isFocused(panel.menuButton)).toBe(true);
    await page.keyboard.press('Enter');
    const item = page.getByRole('menuitem', { name: 'Clear Quietly' });
    await item.waitFor();
    await expect
      .poll(() => panel.menuButton.getAttribute('aria-expanded'))
      .toBe('true');
    await page.keyboard.press('Escape');
    await item.waitFor({ state: 'hidden' });
    await expect.poll(() => isFocused(panel.menuButton)).toBe(true);
    await expect
      .poll(() => panel.menuButton.getAttribute('aria-expanded'))
      .toBe('false');
  });

  it('should choose from the menu', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([take('a', 100)]);
    await notebook.run(0);
    await panel.menuButton.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Clear Quietly' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await panel.result.waitFor();
    expect(await notebook.cells()).toHaveLength(1);
  });

  it('should press the button once', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([take('a', 100)]);
    await notebook.run(0);
    await panel.clearButton.focus();
    await page.keyboard.press('Enter');
    await panel.result.waitFor();
    await notebook.idle();
    expect(await notebook.cells()).toHaveLength(2);
  });

  it('should fold a section and open it again', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    await lab.watchedNotebook(['x = 1']);
    const heading = panel.root.getByRole('button', { name: 'Timeline' });
    await heading.focus();
    await page.keyboard.press('Space');
    await expect
      .poll(() => heading.getAttribute('aria-expanded'))
      .toBe('false');
    await page.keyboard.press('Space');
    await expect.poll(() => heading.getAttribute('aria-expanded')).toBe('true');
  });
});

describe('A screen reader', () => {
  it('should find a name for whatever can be pressed, and for the bar', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([MODEL, LEAK]);
    await notebook.run(0);
    await notebook.run(1);
    await panel.warnings.waitFor();
    const tree = await panel.root.ariaSnapshot();
    expect(tree).toContain('- heading "');
    expect(tree).toContain('- button "Clear GPU memory"');
    expect(tree).toContain('- button "Other ways to clear GPU memory"');
    expect(tree).toContain('- button "Snooze"');
    expect(tree).toMatch(/- img "Live tensors [^"]*Free [^"]*"/);
    expect(tree).toMatch(/- alert/);
    // A role without a name has nothing but a colon or an attribute after it.
    expect(tree).not.toMatch(/- (button|img|combobox)(:|$| \[)/m);
  });
});

async function isFocused(locator: {
  evaluate: (check: (node: Element) => boolean) => Promise<boolean>;
}): Promise<boolean> {
  return locator.evaluate(node => node === document.activeElement);
}
