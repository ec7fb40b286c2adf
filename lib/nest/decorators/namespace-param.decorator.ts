/** `@NamespaceParam`: the parameters in the name of the namespace, for gateways that serve a pattern. */
import type { PipeTransform, Type } from '@nestjs/common';
import { SocketIoError } from '../../errors.js';
import { metadataOfClass, isPattern } from '../gateways/gateway-namespace.js';
import { messages } from '../messages.js';
import type { ParameterMetadata } from './metadata.js';
import type { NamespacePattern } from '../gateways/namespace-pattern.js';
import { defineParameter } from './parameter.decorators.js';

const { decorate, factory } = defineParameter((name: string | undefined, { client }, type) => {
  const params = patternOf(type)?.params(client.nsp.name);
  return name === undefined ? params : params?.[name];
});

/**
 * Injects a parameter of the client's namespace. For `@Gateway('/rooms/:id')` and the namespace `/rooms/7`, `'id'` is
 * `'7'`, decoded. For `@Gateway('/files/*path')` and `/files/a/b`, `'path'` is `['a', 'b']`. For a RegExp it is the
 * text of a named group. A part that is optional and missing is `undefined`. Usable in handlers of events, connects and
 * disconnects.
 * @param name of the parameter. Without a name, all parameters are injected, as an object without a prototype
 * @publicApi
 */
export function NamespaceParam(name?: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return decorate(name, ...pipes);
}

/** @throws SocketIoError `INVALID_HANDLER` if the gateway's namespace has no such parameter */
export function checkNamespaceParams(type: Type, where: string, parameters: readonly ParameterMetadata[]): void {
  for (const parameter of parameters) {
    if (parameter.factory !== factory) continue;
    const pattern = patternOf(type);
    const { data } = parameter;
    if (pattern === undefined) throw new SocketIoError('INVALID_HANDLER', messages.noPattern(where, type.name));
    if (typeof data === 'string' && !pattern.names.includes(data)) {
      throw new SocketIoError('INVALID_HANDLER', messages.noSuchParam(where, data, pattern.key, pattern.names));
    }
  }
}

function patternOf(type: Type): NamespacePattern | undefined {
  const rule = metadataOfClass(type)?.rule;
  return isPattern(rule) ? rule : undefined;
}
