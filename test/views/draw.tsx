import { nullTranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import type * as React from 'react';
import { expect, vi } from 'vitest';

/** English as written. */
export const trans = nullTranslator.load('jupyterlab_vram');

const drawn: Widget[] = [];

/** Put a widget on the page until `eraseAll`. */
export async function attach<T extends ReactWidget>(widget: T): Promise<T> {
  drawn.push(widget);
  Widget.attach(widget, document.body);
  await vi.waitFor(() => expect(widget.node.childNodes).not.toHaveLength(0));
  return widget;
}

/** Put a React element on the page, and give back the node around it. */
export async function draw(element: React.ReactElement): Promise<HTMLElement> {
  return (await attach(ReactWidget.create(element))).node;
}

/** Dispose what was drawn. */
export function eraseAll(): void {
  for (const widget of drawn.splice(0)) {
    widget.dispose();
  }
  document.body.replaceChildren();
}

/** The one element with this text and selector. */
export function find(
  node: ParentNode,
  selector: string,
  text: string
): HTMLElement {
  const found = [...node.querySelectorAll<HTMLElement>(selector)].filter(
    each => (each.getAttribute('aria-label') ?? each.textContent) === text
  );
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} elements ${selector} say "${text}"`);
  }
  return found[0];
}

/** The button that says `text`. */
export function button(node: ParentNode, text: string): HTMLElement {
  return find(node, 'button', text);
}

/** The texts of all elements that match. */
export function texts(node: ParentNode, selector: string): string[] {
  return [...node.querySelectorAll(selector)].map(
    each => each.textContent ?? ''
  );
}
