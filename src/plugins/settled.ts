import type { IMonitor } from '../model/tokens';

/** Silent requests, such as the one that follows the panel's closing, are over within this time. */
const PATIENCE_MS = 500;

/** Wait until the kernel is idle, or until it is busy with more than a request of ours. */
export async function settled(monitor: IMonitor): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (monitor.busy && !monitor.running && Date.now() < deadlineMs) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
