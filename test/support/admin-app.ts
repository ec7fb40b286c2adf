/** Nest applications with an admin page behind a guard, and visitors of it. */
import { type CanActivate, type ExecutionContext, type INestApplication, Injectable, Module } from '@nestjs/common';
import {
  type AdminOptions,
  Event,
  Gateway,
  memoryBroker,
  Server,
  SocketIoModule,
  type SocketIoModuleOptions,
} from 'nest-socketio';
import type { Socket as ServerSocket } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { RecordingLog } from './engine-rig.js';
import { SOON } from './events.js';
import { type Platform, type RunningApp, startApp } from './nest-app.js';
import { entered } from './nest-rig.js';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';

@Gateway('/chat')
export class ChatGateway {
  @Event()
  say(@MessageBody() text: string): string {
    if (text === 'fail') throw new Error('the database is away');
    return text;
  }

  @Event()
  enter(@ConnectedSocket() client: ServerSocket, @MessageBody() room: string): void {
    client.join(room);
  }
}

@Injectable()
class Roles {
  of(cookie: string | undefined): string | undefined {
    return /role=(\w+)/.exec(cookie ?? '')?.[1];
  }
}

@Module({ providers: [Roles], exports: [Roles] })
export class RolesModule {}

/** Lets visitors with the cookie `role=admin` in, as the user `alice`. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly roles: Roles) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { cookie?: string }; user?: unknown }>();
    if (this.roles.of(request.headers.cookie) !== 'admin') return false;
    request.user = { id: 'alice' };
    return true;
  }
}

export const GUARDED: AdminOptions = { guard: AdminGuard, imports: [RolesModule] };

export const ADMIN = { cookie: 'role=admin' };

export interface AdminApp extends RunningApp {
  readonly log: RecordingLog;
  readonly server: Server;
  /** Requests a route as an administrator. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  readonly ticket: () => Promise<string>;
  /** Enters the namespace of the page with a ticket, by default with a new one. */
  readonly visit: (ticket?: string) => Promise<Socket>;
  /** Connects a client to the chat. */
  readonly join: (auth?: Record<string, unknown>) => Promise<Socket>;
}

export interface AdminAppOptions {
  readonly admin?: boolean | AdminOptions;
  readonly server?: SocketIoModuleOptions;
  readonly platform?: Platform;
  readonly prepare?: (app: INestApplication) => void;
}

export async function startAdminApp({
  admin = GUARDED,
  server,
  platform = 'Express',
  prepare = () => {},
}: AdminAppOptions = {}): Promise<AdminApp> {
  const log = new RecordingLog();
  const imports = [SocketIoModule.forRoot({ logger: log, ...server, admin })];
  const running = await startApp({ imports, providers: [ChatGateway] }, platform, prepare);
  const get = (path: string, headers: Record<string, string> = ADMIN): Promise<Response> =>
    fetch(running.url + path, { headers });
  const ticket = async (): Promise<string> =>
    ((await (await get('/_live/ticket')).json()) as { ticket: string }).ticket;
  const connected = async (namespace: string, auth: Record<string, unknown>): Promise<Socket> => {
    const client = running.connect(namespace, { auth });
    await entered(client);
    return client;
  };
  return {
    ...running,
    log,
    server: running.app.get(Server),
    get,
    ticket,
    visit: async (given) => connected('/_live', { ticket: given ?? (await ticket()) }),
    join: (auth = {}) => connected('/chat', auth),
  };
}

/** Starts two servers of a cluster. Resolves when they know each other. */
export async function startTwoAdminApps(options: AdminAppOptions = {}): Promise<[AdminApp, AdminApp]> {
  const broker = memoryBroker();
  const start = (): Promise<AdminApp> => startAdminApp({ ...options, server: { ...options.server, broker } });
  const apps: [AdminApp, AdminApp] = [await start(), await start()];
  await expect.poll(() => apps.map(({ server }) => server.cluster.nodes.length), SOON).toEqual([2, 2]);
  return apps;
}
