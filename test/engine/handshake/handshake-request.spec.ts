import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type EngineRequest,
  type HandshakeRequest,
  handshakeRequest,
  isOwnPath,
  pathOf,
  queryOf,
} from '../../../lib/engine/handshake/handshake-request.js';
import { ask } from '../../support/engine-clients.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { Inbox } from '../../support/engine-inbox.js';
import { startEngine } from '../../support/engine-rig.js';

afterEach(cleanUp);

declare module 'node:http' {
  interface IncomingMessage {
    /** Declared as in an application whose middlewares add it. */
    declaredByTest?: { name: string };
  }
}

function requestOf(parts: object): EngineRequest {
  return { headers: {}, httpVersion: '1.1', _query: {}, ...parts } as EngineRequest;
}

describe('handshakeRequest', () => {
  it('keeps headers, URL, query and address', async () => {
    const query = { b: 'c' };
    const kept = new Inbox<HandshakeRequest>();
    const http = createServer((request, response) => {
      kept.push(handshakeRequest(Object.assign(request, { _query: query }), false));
      response.end();
    });
    const { port } = await startEngine({}, http);
    await ask(port, '/a?b=c', { headers: { 'X-Token': 't', Host: 'localhost' } });
    expect({ ...(await kept.next()) }).toEqual({
      headers: { 'x-token': 't', host: 'localhost', connection: 'close' },
      httpVersion: '1.1',
      url: '/a?b=c',
      query: { b: 'c' },
      address: '127.0.0.1',
      secure: false,
    });
  });

  it('keeps nothing of the request itself but its socket, and hides that from JSON', () => {
    const request = requestOf({ url: '/', socket: { remoteAddress: '::1' } });
    const kept = handshakeRequest(request, false);
    expect(JSON.parse(JSON.stringify(kept))).toEqual({
      headers: {},
      httpVersion: '1.1',
      url: '/',
      query: {},
      address: '::1',
      secure: false,
    });
    expect(kept.socket).toBe(request.socket);
    expect(kept.method).toBe('GET');
    expect(kept._query).toBe(kept.query);
  });

  it('knows that the connection is encrypted', () => {
    const request = requestOf({ url: '/', socket: { encrypted: true, remoteAddress: '::1' } });
    expect(handshakeRequest(request, false)).toMatchObject({ secure: true, address: '::1' });
  });

  it('has empty strings for unknown values', () => {
    const request = requestOf({ socket: {} }); // the peer has disconnected
    expect(handshakeRequest(request, false)).toMatchObject({ url: '', address: '' });
  });

  it('keeps the whole request, with properties set by middlewares', () => {
    const request = requestOf({ url: '/', socket: { remoteAddress: '::1' }, _query: { a: 'b' } });
    request.declaredByTest = { name: 'x' };
    const kept = handshakeRequest(request, true);
    expect(kept).toBe(request);
    expect(kept.declaredByTest?.name).toBe('x');
    expect(kept).toMatchObject({ query: { a: 'b' }, address: '::1', secure: false });
  });

  it('keeps a query set by a middleware', () => {
    const request = requestOf({ socket: {}, query: { nested: {} }, _query: { a: 'b' } });
    expect(handshakeRequest(request, true).query).toEqual({ nested: {} });
  });
});

describe('pathOf and queryOf', () => {
  it.each<[string | undefined, string, Record<string, string | string[]>]>([
    ['/socket.io/?EIO=4&a=b', '/socket.io/', { EIO: '4', a: 'b' }],
    ['/socket.io', '/socket.io', {}],
    ['/socket.io?', '/socket.io', {}],
    ['/a?b=c?d=e', '/a', { b: 'c?d=e' }],
    ['/a?b=1&b=2', '/a', { b: ['1', '2'] }],
    ['/a?b=%zz&%', '/a', { b: '%zz', '%': '' }],
    ['/a?b=x\ny', '/a', { b: 'x\ny' }],
    ['//', '//', {}],
    ['/%', '/%', {}],
    ['?', '', {}],
    ['', '', {}],
    [undefined, '', {}],
    ['*', '*', {}],
    ['http://shop.example/socket.io/?a=b', 'http://shop.example/socket.io/', { a: 'b' }],
  ])('splits %j', (url, path, query) => {
    expect(pathOf(url)).toBe(path);
    expect({ ...queryOf(url) }).toEqual(query);
  });

  it('creates own keys for the names of members of Object', () => {
    const query = queryOf('/a?__proto__=x&constructor=y');
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor']);
    expect(query['toString']).toBeUndefined();
  });
});

describe('isOwnPath', () => {
  it.each(['/socket.io', '/socket.io/'])('recognises %s', (path) => {
    expect(isOwnPath('/socket.io', path)).toBe(true);
  });

  it.each([
    '',
    '/',
    '//',
    '/socket.i',
    '/socket.iox',
    '/socket.io//',
    '/socket.io/x',
    '//socket.io',
    '/socket.io/..',
    '/Socket.io/',
    '/socket%2eio/',
    'http://shop.example/socket.io/',
  ])('does not recognise %j', (path) => {
    expect(isOwnPath('/socket.io', path)).toBe(false);
  });

  it('recognises the root if the path is empty', () => {
    expect(isOwnPath('', '/')).toBe(true);
    expect(isOwnPath('', '')).toBe(true);
    expect(isOwnPath('', '/x')).toBe(false);
  });
});
