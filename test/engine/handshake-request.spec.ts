import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type HandshakeRequest, handshakeRequest } from '../../lib/engine/handshake-request.js';
import { ask } from '../support/engine-clients.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { Inbox } from '../support/engine-inbox.js';
import { startEngine } from '../support/engine-rig.js';

afterEach(cleanUp);

describe('handshakeRequest', () => {
  it('keeps headers, URL, query and address', async () => {
    const query = { b: 'c' };
    const kept = new Inbox<HandshakeRequest>();
    const http = createServer((request, response) => {
      kept.push(handshakeRequest(request, query));
      response.end();
    });
    const { port } = await startEngine({}, http);
    await ask(port, '/a?b=c', { headers: { 'X-Token': 't', Host: 'localhost' } });
    expect(await kept.next()).toEqual({
      headers: { 'x-token': 't', host: 'localhost', connection: 'close' },
      url: '/a?b=c',
      query: { b: 'c' },
      address: '127.0.0.1',
      secure: false,
    });
  });

  it('keeps nothing of the request itself', () => {
    const request = { headers: {}, url: '/', socket: {} } as IncomingMessage;
    const kept: Record<string, unknown> = { ...handshakeRequest(request, {}) };
    expect(Object.keys(kept)).toEqual(['headers', 'url', 'query', 'address', 'secure']);
    for (const value of Object.values(kept)) expect(value).not.toBe(request.socket);
  });

  it('tells that the connection is encrypted', () => {
    const socket = { encrypted: true, remoteAddress: '::1' };
    const request = { headers: {}, url: '/', socket } as unknown as IncomingMessage;
    expect(handshakeRequest(request, {})).toMatchObject({ secure: true, address: '::1' });
  });

  it('has empty texts for what is unknown', () => {
    const request = { headers: {}, socket: {} } as IncomingMessage; // the peer is gone
    expect(handshakeRequest(request, {})).toEqual({ headers: {}, url: '', query: {}, address: '', secure: false });
  });
});
