import type { IPublishedMessage } from './port';

/** What the main shell works off, one after the other; all else may overtake a cell. */
const MAIN_SHELL_WORK: ReadonlySet<unknown> = new Set([
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
}: Pick<IPublishedMessage, 'parent_header'>): boolean {
  const { msg_type, subshell_id } = parent_header;
  return MAIN_SHELL_WORK.has(msg_type) && !subshell_id;
}
