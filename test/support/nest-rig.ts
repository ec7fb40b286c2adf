/** Gateways in an application of their own: with a log that can be read and clients that wait to be let in. */
import type { INestApplication, ModuleMetadata, Provider } from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { SocketIoModule, type SocketIoModuleOptions } from 'nest-socketio';
import type { ManagerOptions, Socket, SocketOptions } from 'socket.io-client';
import { PacketType } from 'socket.io-parser';
import { RecordingLog } from './engine-rig.js';
import { type RunningApp, startApp } from './nest-app.js';

export interface RigOptions extends Omit<ModuleMetadata, 'providers'> {
  readonly server?: SocketIoModuleOptions;
  /** Called before the application starts. */
  readonly prepare?: (app: INestApplication) => void;
  /** Replaces providers. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

export interface Rig extends RunningApp {
  readonly log: RecordingLog;
  /** A client that is in the namespace. */
  readonly join: (namespace?: string, options?: Partial<ManagerOptions & SocketOptions>) => Promise<Socket>;
}

/** Starts an application of these providers on Express, with `SocketIoModule` in it. */
export async function serve(providers: Provider[], options: RigOptions = {}): Promise<Rig> {
  const { server, prepare, override, imports = [], ...metadata } = options;
  const log = new RecordingLog();
  const running = await startApp(
    { ...metadata, providers, imports: [SocketIoModule.forRoot({ logger: log, ...server }), ...imports] },
    'Express',
    prepare,
    override,
  );
  return {
    ...running,
    log,
    async join(namespace, clientOptions) {
      const client = running.connect(namespace, clientOptions);
      await entered(client);
      return client;
    },
  };
}

/** Resolves when the client is let in. */
export function entered(client: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('connect_error', reject);
  });
}

/** What a client is refused with. */
export function refused(client: Socket): Promise<{ message: string; data: unknown }> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => reject(new Error('the client was let in')));
    client.once('connect_error', (error: Error & { data?: unknown }) => {
      resolve({ message: error.message, data: error.data });
    });
  });
}

/** All arguments of the acknowledgement. */
export function ask(client: Socket, event: string, ...args: unknown[]): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.emit(event, ...args, (...answer: unknown[]) => resolve(answer));
  });
}

export interface Received {
  readonly type: 'event' | 'ack';
  readonly data: unknown;
}

/** Every event and acknowledgement that reaches the client from now on, be it expected or not. */
export function received(client: Socket): Received[] {
  const packets: Received[] = [];
  client.io.on('packet', ({ type, data }) => {
    if (type === PacketType.EVENT) packets.push({ type: 'event', data: data as unknown });
    if (type === PacketType.ACK) packets.push({ type: 'ack', data: data as unknown });
  });
  return packets;
}
