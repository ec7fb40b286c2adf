/** Nest applications for tests: on Express or Fastify, on a free port, closed after the test. */
import { type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'socket.io-client';
import { afterEach } from 'vitest';
import { cleanUp, onCleanUp } from './engine-clean-up.js';
import { connectStock, type StockOptions } from './stock-client.js';

export { next } from './events.js';
export { onCleanUp as later };

export type Platform = 'Express' | 'Fastify';

export const PLATFORMS: readonly Platform[] = ['Express', 'Fastify'];

afterEach(cleanUp);

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  /** Connects a stock client. */
  readonly connect: (namespace?: string, options?: StockOptions) => Socket;
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
  onCleanUp(() => app.close());
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    connect: (namespace = '/', options = {}) => connectStock(url + namespace, options),
  };
}
