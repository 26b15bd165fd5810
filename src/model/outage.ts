import type { Kernel } from '@jupyterlab/services';

/** Why a kernel can't be reached, by JupyterLab's own word; null when it can. */
export function outage(
  kernel: Kernel.IKernelConnection
): 'dead' | 'disconnected' | 'restarting' | null {
  const { connectionStatus, status } = kernel;
  if (status === 'dead') {
    return 'dead';
  }
  if (status === 'restarting' || status === 'autorestarting') {
    return 'restarting';
  }
  return connectionStatus === 'connected' ? null : 'disconnected';
}
