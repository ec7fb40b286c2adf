/** A server without a port, and clients in memory. `cleanUp` closes both. */
import { Server, type ServerOptions } from 'nest-socketio';
import { TestClient, type TestClientOptions } from 'nest-socketio/testing';
import { onCleanUp } from './engine-clean-up.js';
import { RecordingLog } from './engine-rig.js';

export interface Scene {
  readonly server: Server;
  readonly log: RecordingLog;
  readonly connect: (namespace?: string, options?: TestClientOptions) => Promise<TestClient>;
}

export function scene(options: ServerOptions = {}): Scene {
  const log = new RecordingLog();
  const server = new Server({ logger: log, ...options });
  onCleanUp(() => server.close());
  return { server, log, connect: (namespace, clientOptions) => TestClient.connect(server, namespace, clientOptions) };
}
