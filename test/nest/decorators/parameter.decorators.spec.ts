import 'reflect-metadata';
import { createParamDecorator, type ExecutionContext, ParseIntPipe } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { MessageBody } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import {
  Args,
  Auth,
  EventName,
  extractorOf,
  Handshake,
  isReason,
  Reason,
} from '../../../lib/nest/decorators/parameter.decorators.js';
import { getParameters, type ParameterMetadata } from '../../../lib/nest/decorators/metadata.js';
import { FakeClient } from '../../support/nest-client.js';

/** The metadata that a decorator writes for the first parameter of a method. */
function parameterOf(decorator: ParameterDecorator): ParameterMetadata {
  class Chat {
    say(@decorator value: unknown): unknown {
      return value;
    }
  }
  const [parameter] = getParameters(Chat, 'say');
  if (parameter === undefined) throw new Error('the parameter has no metadata');
  return parameter;
}

/** The value that a handler gets. It must be the same in a direct call and through Nest's pipeline. */
function value(decorator: ParameterDecorator, call: Call): unknown {
  const { data, factory } = parameterOf(decorator);
  const direct = extractorOf(factory)?.(data as never, call, Object);
  const context = new ExecutionContextHost(call.hostArgs);
  const piped = (factory as (data: unknown, context: ExecutionContext) => unknown)(data, context);
  expect(direct).toEqual(piped);
  return direct;
}

describe('parameter decorators', () => {
  const client = new FakeClient();
  client.handshake = {
    auth: { token: 't', user: { name: 'Ann', tags: ['a'] }, nothing: null },
    headers: { cookie: 'a=1' },
    query: { room: '7' },
    address: '127.0.0.1',
  };
  const call = new Call(client.socket, ['say', 'hi', { to: 'Bob' }], undefined);

  it('read arguments', () => {
    expect(value(Args(), call)).toEqual(['hi', { to: 'Bob' }]);
    expect(value(Args(0), call)).toBe('hi');
    expect(value(Args(1), call)).toEqual({ to: 'Bob' });
    expect(value(Args(2), call)).toBeUndefined();
    expect(value(Args(), new Call(client.socket, ['ping'], undefined))).toEqual([]);
  });

  it('read what the client introduced itself with', () => {
    expect(value(Auth(), call)).toEqual(client.handshake.auth);
    expect(value(Auth('token'), call)).toBe('t');
    expect(value(Auth('user.name'), call)).toBe('Ann');
    expect(value(Auth('user.tags.0'), call)).toBe('a');
  });

  it.each(['missing', 'token.length', 'nothing.more', 'missing.more', 'user.name.first', ''])(
    'read undefined where there is nothing: %j',
    (path) => {
      expect(value(Auth(path), call)).toBeUndefined();
    },
  );

  it.each(['constructor', '__proto__', 'toString', 'user.constructor', 'user.tags.length.toString', 'user.tags.map'])(
    'read own properties only: %s',
    (path) => {
      expect(value(Auth(path), call)).toBeUndefined();
    },
  );

  it('read the handshake', () => {
    expect(value(Handshake(), call)).toBe(client.handshake);
    expect(value(Handshake('query.room'), call)).toBe('7');
    expect(value(Handshake('headers.cookie'), call)).toBe('a=1');
    expect(value(Handshake('auth.token'), call)).toBe('t');
  });

  it('read the name of the event', () => {
    expect(value(EventName(), call)).toBe('say');
  });

  it('read the reason of a disconnect', () => {
    expect(value(Reason(), new Call(client.socket, ['disconnect', 'ping timeout'], undefined))).toBe('ping timeout');
  });

  it.each([Args(0, ParseIntPipe), Auth('age', ParseIntPipe), Handshake('query.age', ParseIntPipe)])(
    'hand the value to pipes that follow',
    (decorator) => {
      expect(parameterOf(decorator).pipes).toEqual([ParseIntPipe]);
    },
  );

  it('hand the value to pipes that follow no path', () => {
    const pipe = new ParseIntPipe();
    expect(parameterOf(Args(undefined, pipe))).toMatchObject({ data: undefined, pipes: [pipe] });
  });
});

describe('extractorOf', () => {
  it('returns undefined for decorators of Nest and of other libraries', () => {
    const Own = createParamDecorator(() => 'own');
    expect(extractorOf(parameterOf(Own()).factory)).toBeUndefined();
    expect(extractorOf(parameterOf(MessageBody()).factory)).toBeUndefined();
  });
});

describe('isReason', () => {
  it('distinguishes @Reason() from all others', () => {
    expect(isReason(parameterOf(Reason()).factory)).toBe(true);
    for (const other of [Args(), Auth(), Handshake(), EventName(), MessageBody(), createParamDecorator(() => 0)()]) {
      expect(isReason(parameterOf(other).factory)).toBe(false);
    }
  });
});
