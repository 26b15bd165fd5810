import type { KernelMessage } from '@jupyterlab/services';

/** What the main shell works off, one after the other; all else may overtake a cell. */
const MAIN_SHELL_WORK: ReadonlySet<string | undefined> = new Set([
  'comm_close',
  'comm_info_request',
  'comm_msg',
  'comm_open',
  'complete_request',
  'execute_request',
  'history_request',
  'inspect_request',
  'is_complete_request'
]);

/** Whether what a kernel publishes is about its main shell, and not about a request beside it. */
export function isOfMainShell({
  parent_header
}: Pick<KernelMessage.IIOPubMessage, 'parent_header'>): boolean {
  const parent: Partial<KernelMessage.IHeader> = parent_header;
  return MAIN_SHELL_WORK.has(parent.msg_type) && !parent.subshell_id;
}
