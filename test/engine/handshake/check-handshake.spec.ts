import { describe, expect, it } from 'vitest';
import { checkHandshake, WEBSOCKET_ONLY_HINT } from '../../../lib/engine/handshake/check-handshake.js';
import { queryOf } from '../../../lib/engine/handshake/handshake-request.js';

/** Checks a request with this query string. */
function check(
  search: string,
  { method = 'GET', origin, upgrade = true }: { method?: string; origin?: string; upgrade?: boolean } = {},
) {
  const request = { method, headers: origin === undefined ? {} : { origin } };
  return checkHandshake(request, queryOf(`/socket.io/?${search}`), upgrade);
}

const POLLING = "this server accepts WebSocket only: set transports: ['websocket'] in the options of the client";

describe('checkHandshake', () => {
  it('passes a valid request', () => {
    expect(check('EIO=4&transport=websocket')).toBeNull();
    expect(check('transport=websocket&t=abc&EIO=4&token=x', { origin: 'http://shop.example' })).toBeNull();
  });

  it.each<[string, unknown]>([
    ['EIO=4', undefined],
    ['EIO=4&transport=', ''],
    ['EIO=4&transport=polling', 'polling'],
    ['EIO=4&transport=WebSocket', 'WebSocket'],
    ['EIO=4&transport=webtransport', 'webtransport'],
    ['EIO=4&transport=__proto__', '__proto__'],
    ['EIO=4&transport=constructor', 'constructor'],
    ['EIO=4&transport=websocket&transport=websocket', ['websocket', 'websocket']],
    ['EIO=4&transport[]=websocket', undefined],
    ['EIO=4&__proto__=websocket', undefined],
  ])('refuses the transport of %s', (search, transport) => {
    expect(check(search)).toEqual({
      code: 0,
      message: 'Transport unknown',
      hint: POLLING,
      context: { transport },
    });
  });

  it('names both mistakes to a client of Socket.IO 2 that asks for long polling', () => {
    expect(check('EIO=3&transport=polling')?.hint).toBe(
      `${POLLING}; this server speaks Engine.IO 4: use a client of Socket.IO 3 or later`,
    );
  });

  it('refuses an origin with illegal characters', () => {
    expect(check('EIO=4&transport=websocket', { origin: 'http://sh\u00f6p.example' })).toEqual({
      code: 3,
      message: 'Bad request',
      context: { name: 'INVALID_ORIGIN' },
    });
  });

  it.each([
    ['sid=abc', 'abc'],
    ['sid=', ''],
    ['sid=a&sid=b', ['a', 'b']],
  ])('refuses %s', (search, sid) => {
    expect(check(`EIO=4&transport=websocket&${search}`)).toEqual({
      code: 1,
      message: 'Session ID unknown',
      context: { sid },
    });
  });

  it.each(['POST', 'PUT', 'OPTIONS', 'HEAD', 'get'])('refuses the method %s', (method) => {
    expect(check('EIO=4&transport=websocket', { method })).toEqual({
      code: 2,
      message: 'Bad handshake method',
      context: { method },
    });
  });

  it('refuses a request that is not an upgrade', () => {
    expect(check('EIO=4&transport=websocket', { upgrade: false })).toEqual({
      code: 3,
      message: 'Bad request',
      hint: 'this is a plain HTTP request: a proxy between client and server may have removed its headers Upgrade and Connection',
      context: { name: 'TRANSPORT_HANDSHAKE_ERROR' },
    });
  });

  it.each<[string, unknown]>([
    ['', undefined],
    ['&EIO=3', '3'],
    ['&EIO=5', '5'],
    ['&EIO=04', '04'],
    ['&EIO=4.0', '4.0'],
    ['&EIO=4&EIO=4', ['4', '4']],
  ])('refuses the protocol version of "%s"', (search, protocol) => {
    expect(check(`transport=websocket${search}`)).toEqual({
      code: 5,
      message: 'Unsupported protocol version',
      hint: 'this server speaks Engine.IO 4: use a client of Socket.IO 3 or later',
      context: { protocol },
    });
  });

  it('checks in the order of the protocol: transport, origin, sid, method, upgrade, version', () => {
    const wrong = { method: 'POST', origin: '\u0080', upgrade: false };
    expect(check('EIO=3&sid=x', wrong)?.code).toBe(0);
    expect(check('EIO=3&sid=x&transport=websocket', wrong)?.context).toEqual({ name: 'INVALID_ORIGIN' });
    expect(check('EIO=3&sid=x&transport=websocket', { ...wrong, origin: 'null' })?.code).toBe(1);
    expect(check('EIO=3&transport=websocket', { ...wrong, origin: 'null' })?.code).toBe(2);
    expect(check('EIO=3&transport=websocket', { upgrade: false })?.context).toEqual({
      name: 'TRANSPORT_HANDSHAKE_ERROR',
    });
    expect(check('EIO=3&transport=websocket')?.code).toBe(5);
  });

  it('exports the hint for long polling', () => {
    expect(WEBSOCKET_ONLY_HINT).toBe(POLLING);
  });
});
