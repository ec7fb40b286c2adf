/** Requests at the path of an engine, and the answers that the specs of handshakes expect. */
import { createServer } from 'node:http';
import { expect } from 'vitest';
import type { ConnectionError } from '../../lib/engine/engine-server.js';
import { ACCEPTED, handshake, openRaw, openWs } from './engine-clients.js';
import type { EngineRig } from './engine-rig.js';

/** The expected response to a refused upgrade. */
export function refusing(
  status: '400 Bad Request' | '403 Forbidden' | '503 Service Unavailable',
  length: number,
  message: string,
): string {
  return [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${length}`,
    '',
    message,
  ].join('\r\n');
}

export const SHUTTING_DOWN = refusing('503 Service Unavailable', 20, 'Server shutting down');

/** Creates an HTTP server that answers `other` to every request. */
export function otherHttp() {
  return createServer((_, response) => response.end('other'));
}

/** Collects the `connection_error` events of the engine. */
export function errorsOf({ engine }: EngineRig): Omit<ConnectionError, 'req'>[] {
  const errors: Omit<ConnectionError, 'req'>[] = [];
  engine.on('connection_error', ({ code, message, context }) => void errors.push({ code, message, context }));
  return errors;
}

/** Sends an upgrade request that is refused. @returns the whole response */
export async function upgrade(rig: EngineRig, ...request: Parameters<typeof handshake>): Promise<string> {
  const client = await openRaw(rig.port);
  client.write(handshake(...request));
  return client.readAll();
}

/** Expects an upgrade request to be accepted. */
export async function expectAccepted(rig: EngineRig, ...request: Parameters<typeof handshake>): Promise<void> {
  const client = await openRaw(rig.port);
  client.write(handshake(...request));
  expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
}

/** Expects the server to serve a new client, without errors so far. */
export async function expectAlive(rig: EngineRig): Promise<void> {
  const client = await openWs(rig.port);
  const recorder = await rig.accepted.next();
  client.ws.send('4there');
  expect(await recorder.told.next()).toEqual(['text', '4there']);
  expect(rig.log.errors).toEqual([]);
}
