import { serverHere } from './here';

/** What the server says of a kernel. */
export interface IKernelModel {
  readonly id: string;
  readonly name: string;
  /** An ISO date. */
  readonly last_activity: string;
  readonly execution_state: string;
  readonly connections: number;
}

/** Ask the server about a kernel, as its culler would. */
export async function kernelModel(kernelId: string): Promise<IKernelModel> {
  const { url, token } = serverHere();
  const answer = await fetch(`${url}api/kernels/${kernelId}`, {
    headers: { Authorization: `token ${token}` }
  });
  if (!answer.ok) {
    throw new Error(`The server does not know kernel ${kernelId}`);
  }
  return (await answer.json()) as IKernelModel;
}

/** Put this extension's settings back to their defaults; open pages do not hear of it. */
export async function resetSettings(): Promise<void> {
  const { url, token } = serverHere();
  await fetch(`${url}lab/api/settings/jupyterlab-vram:plugin`, {
    method: 'PUT',
    headers: {
      Authorization: `token ${token}`,
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({ raw: '{}' })
  });
}
