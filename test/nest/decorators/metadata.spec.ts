/** Nest does not export its metadata keys: here its own decorators write, and this library must be able to read. */
import {
  type CanActivate,
  createParamDecorator,
  ParseIntPipe,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import {
  Ack,
  BaseWsExceptionFilter,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { describe, expect, it, vi } from 'vitest';
import {
  addHandler,
  getHandler,
  getParameters,
  hasEnhancers,
  getNestGateway,
  getSubscription,
  PARAMETERS_KEY,
  ParameterType,
} from '../../../lib/nest/decorators/metadata.js';

const guard: CanActivate = { canActivate: () => true };
const ENHANCERS: [name: string, decorate: ClassDecorator & MethodDecorator][] = [
  ['UseGuards', UseGuards(guard)],
  ['UsePipes', UsePipes(ParseIntPipe)],
  ['UseInterceptors', UseInterceptors({ intercept: (_context, next) => next.handle() })],
  ['UseFilters', UseFilters(new BaseWsExceptionFilter())],
];

/** A method, decorated. */
function methodWith(decorate: MethodDecorator): object {
  const descriptor = { value: vi.fn() };
  decorate({}, 'method', descriptor as TypedPropertyDescriptor<never>);
  return descriptor.value;
}

function classWith(decorate: ClassDecorator): Type {
  class Subject {}
  decorate(Subject);
  return Subject;
}

/** A class whose method has decorated parameters, by their places. */
function typeWith(...decorators: ParameterDecorator[]): Type {
  class Subject {}
  for (const [index, decorate] of decorators.entries()) decorate(Subject.prototype, 'method', index);
  return Subject;
}

describe('getParameters', () => {
  it.each([
    ['ConnectedSocket', ConnectedSocket(), ParameterType.SOCKET],
    ['MessageBody', MessageBody(), ParameterType.PAYLOAD],
    ['Ack', Ack(), ParameterType.ACK],
  ])('reads what %s writes', (_name, decorate, type) => {
    const subject = typeWith(decorate);
    expect(getParameters(subject, 'method')).toMatchObject([{ index: 0, type, pipes: [] }]);
    expect(Reflect.getMetadataKeys(subject, 'method')).toEqual([PARAMETERS_KEY]);
  });

  it('reads the property and the pipes of MessageBody', () => {
    const pipe = new ParseIntPipe();
    expect(getParameters(typeWith(MessageBody('age', pipe, ParseIntPipe)), 'method')).toEqual([
      { index: 0, type: ParameterType.PAYLOAD, data: 'age', pipes: [pipe, ParseIntPipe], factory: undefined },
    ]);
  });

  it('reads what decorators of createParamDecorator write', () => {
    const factory = vi.fn();
    const User = createParamDecorator(factory);
    const subject = typeWith(User('name', ParseIntPipe));
    expect(getParameters(subject, 'method')).toEqual([
      { index: 0, type: null, data: 'name', pipes: [ParseIntPipe], factory },
    ]);
    expect(Reflect.getMetadataKeys(subject, 'method')).toEqual([PARAMETERS_KEY]);
  });

  it('reads them in the order of their places', () => {
    const Custom = createParamDecorator(vi.fn());
    const subject = typeWith(Ack(), Custom(), ConnectedSocket(), MessageBody());
    expect(getParameters(subject, 'method').map(({ index, type }) => [index, type])).toEqual([
      [0, ParameterType.ACK],
      [1, null],
      [2, ParameterType.SOCKET],
      [3, ParameterType.PAYLOAD],
    ]);
  });

  it('finds nothing on a method without decorated parameters', () => {
    expect(getParameters(typeWith(), 'method')).toEqual([]);
  });
});

describe('hasEnhancers', () => {
  it.each(ENHANCERS)('sees what %s writes on a method', (_name, decorate) => {
    expect(hasEnhancers(methodWith(decorate))).toBe(true);
  });

  it.each(ENHANCERS)('sees what %s writes on a class', (_name, decorate) => {
    expect(hasEnhancers(classWith(decorate))).toBe(true);
  });

  it('finds the metadata of a parent class', () => {
    class Child extends classWith(UseGuards(guard)) {}
    expect(hasEnhancers(Child)).toBe(true);
  });

  it('overlooks all other metadata', () => {
    expect(hasEnhancers(methodWith(SetMetadata('roles', ['admin'])))).toBe(false);
    expect(hasEnhancers(methodWith(SubscribeMessage('event')))).toBe(false);
    expect(hasEnhancers(classWith(WebSocketGateway()))).toBe(false);
  });
});

describe('getSubscription', () => {
  it('sees what SubscribeMessage writes', () => {
    expect(getSubscription(methodWith(SubscribeMessage('event')))).toEqual({ message: 'event' });
    expect(getSubscription(methodWith(SubscribeMessage({ cmd: 1 })))).toEqual({ message: { cmd: 1 } });
  });

  it('overlooks all other metadata', () => {
    expect(getSubscription(methodWith(SetMetadata('message', 'event')))).toBeUndefined();
  });
});

describe('getNestGateway', () => {
  it('sees what WebSocketGateway writes, on the class and its children', () => {
    const parent = classWith(WebSocketGateway(8080, { namespace: /^\/a/, path: '/b' }));
    class Child extends parent {}
    const written = { port: 8080, options: { namespace: /^\/a/, path: '/b' } };
    expect([getNestGateway(parent), getNestGateway(Child)]).toEqual([written, written]);
    expect(getNestGateway(classWith(WebSocketGateway()))).toEqual({ port: 0, options: {} });
  });

  it('finds nothing on other classes', () => {
    expect(getNestGateway(classWith(UseGuards(guard)))).toBeUndefined();
  });
});

describe('getHandler', () => {
  it('finds nothing on a method that was not marked', () => {
    expect(getHandler(methodWith(SubscribeMessage('event')))).toEqual({ events: [], lifecycle: [] });
  });

  it('collects what addHandler adds', () => {
    const method = vi.fn();
    addHandler(method, { events: ['one'] });
    addHandler(method, { lifecycle: ['connect'] });
    addHandler(method, { events: ['two'] });
    expect(getHandler(method)).toEqual({ events: ['one', 'two'], lifecycle: ['connect'] });
  });
});
