import { Client } from './server/client';
import { RoomError } from './server/errors';
import { furnitureHere, Room } from './room';
import type { IServerAddress } from './server/servers';
import type { IRoom } from './connection/tokens';

export { RoomError } from './server/errors';
export type { IProblem, RoomErrorCode } from './server/errors';
export { listServers } from './server/servers';
export type { IServer, IServerAddress } from './server/servers';
export type { IModelPlan, IPlanQuestion } from './connection/planning';
export type * from './server/rows';
export type * from './connection/tokens';
export { formatBytes } from '../core/text/units';

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
