/** The parameters of the namespace's name, for gateways that serve a pattern. */
import type { PipeTransform, Type } from '@nestjs/common';
import { SocketIoError } from '../../errors.js';
import { gatewayOf, isPattern } from '../gateways/gateway-namespace.js';
import { messages } from '../messages.js';
import type { ParameterMetadata } from './metadata.js';
import type { NamespacePattern } from '../gateways/namespace-pattern.js';
import { defineParameter } from './parameter.decorators.js';

const { decorate, factory } = defineParameter((name: string | undefined, { client }, type) => {
  const params = patternOf(type)?.params(client.nsp.name);
  return name === undefined ? params : params?.[name];
});

/**
 * The parameter of that name in the name of the client's namespace: `'7'` of `:id` for `@Gateway('/rooms/:id')`
 * and `/rooms/7`, decoded; or the text of a RegExp's named group, which is undefined where it took no part. Without
 * a name, all of them in an object without prototype. For events, connects and disconnects.
 */
export function NamespaceParam(name?: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return decorate(name, ...pipes);
}

/** @throws SocketIoError `INVALID_HANDLER` when the gateway's namespace has no such parameter */
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
  const rule = gatewayOf(type)?.rule;
  return isPattern(rule) ? rule : undefined;
}
