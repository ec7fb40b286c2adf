/** Decorators applied by hand, so that a gateway needs no compiler. */
import { MessageBody } from '@nestjs/websockets';

/** Makes `method` the handler of the event of its name, with the message as its argument. */
export function handles(Class, method, decorator) {
  Reflect.defineMetadata('design:paramtypes', [String], Class.prototype, method);
  MessageBody()(Class.prototype, method, 0);
  decorator(method)(Class.prototype, method, Object.getOwnPropertyDescriptor(Class.prototype, method));
}
