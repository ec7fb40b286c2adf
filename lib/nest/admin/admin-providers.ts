/** The admin page as a part of `SocketIoModule`. */
import type { DynamicModule } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { ownVersion } from '../../cluster/internal.js';
import { type Clock, createId, type Log } from '../../engine/internal.js';
import { installedClient, type Server } from '../../server/internal.js';
import { invalidOption } from '../../options.js';
import { metadataOf } from '../gateways/gateway-namespace.js';
import type { DeclaredGateway } from '../gateways/gateway-options.js';
import { messages } from '../messages.js';
import { AdminConsole } from './admin-console.js';
import { adminController } from './admin.controller.js';
import {
  type AdminOptions,
  isServed,
  isUnguarded,
  type ResolvedAdminOptions,
  resolveAdminOptions,
} from './admin-options.js';
import { AdminPage } from './admin-page.js';
import { PageFiles } from './page-files.js';
import type { RecentFailures } from './recent-failures.js';

/** The injection token of the resolved option `admin`, `null` if it is off. */
export const ADMIN_OPTIONS = Symbol('nest-socketio:admin');

/**
 * Adds the routes of the page to the definition of the module.
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function withAdmin(definition: DynamicModule, option: boolean | AdminOptions): DynamicModule {
  const admin = resolveAdminOptions(option);
  if (admin === null) return definition;
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...admin.imports],
    controllers: [...(definition.controllers ?? []), ...(isServed(admin) ? [adminController(admin)] : [])],
    providers: [...(definition.providers ?? []), { provide: ADMIN_OPTIONS, useValue: admin }],
  };
}

/** The services of the application that the page uses. */
interface AdminServices {
  readonly server: Server;
  readonly log: Log;
  readonly clock: Clock;
  readonly failures: RecentFailures;
  readonly gateways: readonly DeclaredGateway[];
}

/**
 * @returns `null` if the page does not exist
 * @throws SocketIoError `INVALID_OPTION` if a gateway has the namespace of the page
 */
export function createConsole(admin: ResolvedAdminOptions | null, services: AdminServices): AdminConsole | null {
  if (admin === null) return null;
  const { server, log, clock, failures, gateways } = services;
  const { path } = admin;
  if (!isServed(admin)) {
    log.warn(messages.adminOff(path));
    return null;
  }
  const rival = gateways.find((gateway) => metadataOf(gateway).namespace === path);
  if (rival !== undefined) {
    invalidOption('admin.path', path, 'be no namespace of a gateway', messages.adminNamespace(rival.name));
  }
  if (isUnguarded(admin)) log.warn(messages.adminOpen(path));
  if (installedClient() === null) log.warn(messages.adminNeedsClient(path));
  if (server.options.codecName === 'custom') log.warn(messages.adminCodec(path));
  return new AdminConsole(admin, { server, log, clock, failures, identity: { id: createId(), version: ownVersion() } });
}

export function createPage(
  admin: ResolvedAdminOptions | null,
  console: AdminConsole | null,
  server: Server,
  host: HttpAdapterHost,
): AdminPage | null {
  if (admin === null || console === null) return null;
  const { codecName } = server.options;
  return new AdminPage(
    console,
    new PageFiles(codecName === 'custom' ? 'standard' : codecName),
    host,
    server,
    admin.path,
  );
}
