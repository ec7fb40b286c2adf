/** Stock clients of an application in another process, and its HTTP interface. */
import { expect } from 'vitest';
import type { Socket } from 'socket.io-client';
import { next } from '../support/events.js';
import { connectStock, type StockOptions } from '../support/stock-client.js';

/** Resolves with a client that is connected. */
export async function connected(url: string, options: StockOptions = {}): Promise<Socket> {
  const client = connectStock(url, options);
  await next(client, 'connect');
  return client;
}

/** Resolves with the error that a client gets instead of a connection. */
export async function refused(url: string, options: StockOptions = {}): Promise<Error & { data?: unknown }> {
  const client = connectStock(url, options);
  client.on('connect', () => client.emit('error', new Error('connected')));
  const [error] = await next(client, 'connect_error');
  expect(client.connected).toBe(false);
  return error as Error;
}

/** Posts JSON. @returns the answer, with its body parsed */
export async function post(url: string, body: unknown): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}
