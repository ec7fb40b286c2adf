import 'reflect-metadata';
import {
  Body,
  Cookies,
  Headers,
  Ip,
  ParseIntPipe,
  Query,
  Session,
  SignedCookies,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Event, Gateway } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { planArguments } from '../../../lib/nest/events/argument-plan.js';
import { Call } from '../../../lib/nest/call.js';
import { getParameters } from '../../../lib/nest/decorators/metadata.js';
import { isPiped, requestReader } from '../../../lib/nest/events/request-parameters.js';
import { FakeClient } from '../../support/nest-client.js';
import { ask, serve } from '../../support/nest-rig.js';

const request = {
  query: { room: 'r' },
  session: { user: 'Ann' },
  cookies: { theme: 'dark' },
  signedCookies: { id: '7' },
};
const client = Object.assign(new FakeClient(), { request, headers: { 'x-room': 'h' }, ip: '::1' }).socket;

function decorated(...decorators: ParameterDecorator[]): Type {
  class Chat {
    method(...values: unknown[]): unknown {
      return values;
    }
  }
  for (const [index, decorate] of decorators.entries()) decorate(Chat.prototype, 'method', index);
  return Chat;
}

const DECORATORS: [name: string, decorator: ParameterDecorator, value: unknown][] = [
  ['@Query()', Query(), request.query],
  ["@Query('room')", Query('room'), 'r'],
  ['@Headers()', Headers(), { 'x-room': 'h' }],
  ["@Headers('X-Room')", Headers('X-Room'), 'h'],
  ['@Session()', Session(), request.session],
  ['@Ip()', Ip(), '::1'],
  ['@Cookies()', Cookies(), request.cookies],
  ["@Cookies('theme')", Cookies('theme'), 'dark'],
  ['@SignedCookies()', SignedCookies(), request.signedCookies],
  ["@SignedCookies('id')", SignedCookies('id'), '7'],
];

describe('requestReader', () => {
  it.each(DECORATORS)('reads what %s of Nest asks for', (_name, decorator, value) => {
    const [parameter] = getParameters(decorated(decorator), 'method');
    expect(requestReader(parameter?.type ?? null)?.(client, parameter?.data)).toEqual(value);
  });

  it('finds nothing if no middleware has set anything', () => {
    const bare = Object.assign(new FakeClient(), { request: {} }).socket;
    for (const decorator of [Session(), Cookies(), Cookies('theme')]) {
      const [parameter] = getParameters(decorated(decorator), 'method');
      expect(requestReader(parameter?.type ?? null)?.(bare, parameter?.data)).toBeUndefined();
    }
  });

  it.each([
    ['@ConnectedSocket()', ConnectedSocket()],
    ['@MessageBody()', MessageBody()],
    ['@Body()', Body()],
    ['@Ack()', Ack()],
  ])('leaves %s to others', (_name, decorator) => {
    expect(requestReader(getParameters(decorated(decorator), 'method')[0]?.type ?? null)).toBeUndefined();
  });

  it('leaves custom parameters to others', () => {
    expect(requestReader(null)).toBeUndefined();
  });
});

describe('isPiped', () => {
  it.each([
    ['@MessageBody()', MessageBody(), true],
    ['@Query()', Query(), true],
    ['@ConnectedSocket()', ConnectedSocket(), false],
    ['@Ack()', Ack(), false],
    ['@Headers()', Headers(), false],
    ['@Session()', Session(), false],
    ['@Ip()', Ip(), false],
    ['@Cookies()', Cookies(), true],
  ])('of %s is %s', (_name, decorator, piped) => {
    expect(isPiped(getParameters(decorated(decorator), 'method')[0]?.type)).toBe(piped);
  });

  it('of a custom parameter is true', () => {
    expect(isPiped('custom')).toBe(true);
  });
});

describe("a handler with parameters of Nest's routes", () => {
  it('gets them in a direct call', () => {
    const type = decorated(...DECORATORS.map(([, decorator]) => decorator));
    const plan = planArguments(type, 'method', null);
    expect(plan.read?.(new Call(client, ['say'], undefined))).toEqual(DECORATORS.map(([, , value]) => value));
  });

  it("gets them through Nest's pipeline, where pipes see the values that clients send", async () => {
    @Gateway()
    @UseGuards({ canActivate: () => true })
    class Chat {
      @Event()
      where(
        @Headers('x-room') room: string,
        @Query('age', ParseIntPipe) age: number,
        @Ip() ip: string,
        @Session() session: unknown,
        @Cookies('theme') theme: unknown,
        @MessageBody() body: unknown,
      ): unknown {
        return [room, age, ip, session, theme, body];
      }
    }
    const { join } = await serve([Chat], {
      prepare: (app) => app.useGlobalPipes({ transform: (value, { type }) => (type === 'query' ? value : 'piped') }),
      server: {
        use: [
          (incoming, _response, next) => {
            Object.assign(incoming, { session: { user: 'Ann' }, cookies: { theme: 'dark' } });
            next();
          },
        ],
      },
    });
    const joined = await join('/', { extraHeaders: { 'X-Room': 'den' }, query: { age: '7' } });
    expect(await ask(joined, 'where', 'hi')).toEqual([['den', 7, '127.0.0.1', { user: 'Ann' }, 'piped', 'piped']]);
  });
});
