/**
 * The context of a call for guards, interceptors, filters and parameter decorators: Nest's own, of the type `ws`, whose
 * `switchToHttp().getRequest()` returns the client.
 */
import type { Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { Socket } from '../../server/internal.js';
import { httpViewOf } from './http-view.js';

/**
 * Source: Nest, `ExecutionContextHost`. Like its `switchTo` methods, this one puts the getters on the context itself.
 */
export class CallContext extends ExecutionContextHost {
  constructor(args: unknown[], type: Type, handler: (...args: never) => unknown) {
    super(args, type, handler);
    this.setType('ws');
  }

  override switchToHttp(): this & ReturnType<ExecutionContextHost['switchToHttp']> {
    return Object.assign(this, httpViewOf(this.getArgByIndex<Socket>(0)));
  }
}
