import { isPythonLanguage } from '../kernel/language';
import type { IMonitors } from '../model/tokens';
import type { IActiveDocument, KernelWidget } from './tokens';

/**
 * Whether a document's kernel speaks Python, or may: where nobody says which
 * language it is, nothing is kept from the person.
 */
export function isPython({ sessionContext }: KernelWidget): boolean {
  const { kernelPreference, session, specsManager } = sessionContext;
  // Without a kernel the document itself says which one it wants.
  const name = session?.kernel?.name ?? kernelPreference.name ?? '';
  const spec = specsManager.specs?.kernelspecs[name];
  const wanted = session?.kernel ? undefined : kernelPreference.language;
  const language = spec?.language ?? wanted;
  return language === undefined || isPythonLanguage(language);
}

/** Whether a cell of Python makes sense in the active document. */
export function takesPython(
  active: IActiveDocument,
  monitors: IMonitors
): boolean {
  const widget = active.current;
  // What a kernel says of itself counts more than what its kernelspec says.
  return (
    widget !== null &&
    monitors.target.monitor?.status !== 'not-python' &&
    isPython(widget)
  );
}
