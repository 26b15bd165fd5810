import { Client } from './client';
import { RoomError } from './errors';
import { furnitureHere, Room } from './room';
import type { IServerAddress } from './servers';
import type { IRoom } from './tokens';

export { RoomError } from './errors';
export type { IProblem, RoomErrorCode } from './errors';
export { listServers } from './servers';
export type { IServer, IServerAddress } from './servers';
export type { IModelPlan, IPlanQuestion } from './planning';
export type * from './rows';
export type * from './tokens';
export { formatBytes } from '../core/units';

/**
 * The room of the server that started this notebook; in a script, of the only server
 * on this machine.
 */
export const room: IRoom = new Room(furnitureHere);

/**
 * The room of a server that is named.
 *
 * @throws RoomError `bad-argument` if `url` is no address
 */
export function connect({ url, token }: IServerAddress): IRoom {
  if (typeof url !== 'string' || typeof token !== 'string') {
    throw new RoomError(
      'bad-argument',
      'connect() needs { url, token }, both of them texts.'
    );
  }
  const client = new Client({ url, token });
  return new Room(() => Promise.resolve({ client, rootFolder: null }));
}
