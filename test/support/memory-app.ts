/** An application of given providers, with clients in memory, closed after the test. */
import type { ModuleMetadata, Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { SocketIoModule } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { later } from './nest-app.js';

export { ask } from './events.js';

const quiet = { debug: () => {}, warn: () => {}, error: () => {} };

interface MemoryApp {
  readonly app: TestingModule;
  readonly connect: (namespace?: string, auth?: Record<string, unknown>) => Promise<TestClient>;
}

export async function serveInMemory(providers: Provider[], metadata: ModuleMetadata = {}): Promise<MemoryApp> {
  const imports = [SocketIoModule.forRoot({ logger: quiet }), ...(metadata.imports ?? [])];
  const app = await Test.createTestingModule({ ...metadata, imports, providers }).compile();
  later(() => app.close());
  return { app, connect: (namespace = '/', auth = {}) => TestClient.connect(app, namespace, { auth }) };
}
