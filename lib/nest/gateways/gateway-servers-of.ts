import type { ModuleRef } from '@nestjs/core';
import { SocketIoError } from '../../errors.js';
import { GatewayServers } from './gateway-servers.js';

/**
 * Finds the servers of an application, for a module that its users import as well as `SocketIoModule`.
 * @param neededBy that module, for the error message
 * @throws SocketIoError `INVALID_SETUP` without `SocketIoModule`
 */
export function gatewayServersOf(moduleRef: ModuleRef, neededBy: string): GatewayServers {
  try {
    return moduleRef.get(GatewayServers, { strict: false });
  } catch (cause) {
    throw new SocketIoError(
      'INVALID_SETUP',
      `${neededBy} needs the servers of SocketIoModule: import SocketIoModule.forRoot() into the root module`,
      { cause },
    );
  }
}
