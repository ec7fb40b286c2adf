/** Decorators applied by hand, so that a gateway needs no compiler. */
import { MessageBody } from '@nestjs/websockets';

/**
 * Makes `method` the handler of the event of its name.
 * @param parameters the decorators of its parameters; by default, its only parameter is the message
 */
export function handles(Class, method, decorator, parameters = [MessageBody()]) {
  const types = parameters.map(() => String);
  Reflect.defineMetadata('design:paramtypes', types, Class.prototype, method);
  for (const [i, parameter] of parameters.entries()) parameter(Class.prototype, method, i);
  decorator(method)(Class.prototype, method, Object.getOwnPropertyDescriptor(Class.prototype, method));
}
