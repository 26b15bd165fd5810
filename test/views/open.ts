import type { ISnippetItem } from '../../src/views/shared/actions';
import { VramPanel } from '../../src/views/panel/panel';
import { attach } from './draw';
import { FakeActions, FakeSource, type FakeMonitor } from './fake';

/** A panel on the page, and all that it talks to. */
export interface IOpenPanel {
  readonly panel: VramPanel;
  readonly node: HTMLElement;
  readonly source: FakeSource;
  readonly actions: FakeActions;
}

/** Put a panel that draws `monitor` on the page, until `eraseAll`. */
export async function openPanel(
  monitor: FakeMonitor | null,
  title?: string,
  snippets: readonly ISnippetItem[] = []
): Promise<IOpenPanel> {
  const source = new FakeSource(monitor, title);
  const actions = new FakeActions();
  const panel = await attach(new VramPanel({ source, actions, snippets }));
  return { panel, node: panel.node, source, actions };
}
