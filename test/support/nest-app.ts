/** Nest applications for tests: on Express and on Fastify, on a free port, closed with the test. */
import { type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { afterEach } from 'vitest';

export type Platform = 'Express' | 'Fastify';

export const PLATFORMS: readonly Platform[] = ['Express', 'Fastify'];

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Has something ended after the test, last come first. */
export function later(close: () => unknown): void {
  closers.push(close);
}

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  /** A stock client, connected or refused. */
  readonly connect: (namespace?: string, options?: Partial<ManagerOptions & SocketOptions>) => Socket;
}

/** Starts an application; `prepare` may call `useGlobalPipes` and the like, `override` replace providers. */
export async function startApp(
  metadata: ModuleMetadata,
  platform: Platform = 'Express',
  prepare: (app: INestApplication) => void = () => {},
  override: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<RunningApp> {
  const testing = await override(Test.createTestingModule(metadata)).compile();
  const app =
    platform === 'Express'
      ? testing.createNestApplication(new ExpressAdapter(), { logger: false })
      : testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  later(() => app.close());
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    connect(namespace = '/', options = {}) {
      const client = io(url + namespace, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        ...options,
      });
      later(() => client.disconnect());
      return client;
    },
  };
}

/** Resolves to the arguments of the next event of that name. */
export function next(client: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.once(event, (...args: unknown[]) => resolve(args));
  });
}
