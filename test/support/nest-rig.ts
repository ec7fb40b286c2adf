/** An application of given gateways, with a recording log and clients that wait until they are accepted. */
import type { INestApplication, ModuleMetadata, Provider } from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { SocketIoModule, type SocketIoModuleOptions } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { PacketType } from 'socket.io-parser';
import { RecordingLog } from './engine-rig.js';
import { type RunningApp, startApp } from './nest-app.js';
import type { StockOptions } from './stock-client.js';

export { ask } from './events.js';

export interface RigOptions extends Omit<ModuleMetadata, 'providers'> {
  readonly server?: SocketIoModuleOptions;
  /** Called before the application starts. */
  readonly prepare?: (app: INestApplication) => void;
  /** Replaces providers. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

export interface Rig extends RunningApp {
  readonly log: RecordingLog;
  /** Connects a client and resolves when it is in the namespace. */
  readonly join: (namespace?: string, options?: StockOptions) => Promise<Socket>;
}

/** Starts an application of these providers on Express, with `SocketIoModule`. */
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

/** Resolves when the client is accepted. */
export function entered(client: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('connect_error', reject);
  });
}

/** Resolves with the message and data that the client is refused with. */
export function refused(client: Socket): Promise<{ message: string; data: unknown }> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => reject(new Error('the client was accepted')));
    client.once('connect_error', (error: Error & { data?: unknown }) => {
      resolve({ message: error.message, data: error.data });
    });
  });
}

export interface Received {
  readonly type: 'event' | 'ack';
  readonly data: unknown;
}

/** Collects every event and acknowledgement that the client receives from now on, expected or not. */
export function received(client: Socket): Received[] {
  const packets: Received[] = [];
  client.io.on('packet', ({ type, data }) => {
    if (type === PacketType.EVENT) packets.push({ type: 'event', data: data as unknown });
    if (type === PacketType.ACK) packets.push({ type: 'ack', data: data as unknown });
  });
  return packets;
}
