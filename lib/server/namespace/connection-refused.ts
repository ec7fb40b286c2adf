import { SocketIoError } from '../../errors.js';

/** Thrown in a connect handler or middleware: the client gets `connect_error` with this message and data. */
export class ConnectionRefused extends SocketIoError {
  /**
   * @param message becomes `error.message` at the client
   * @param data becomes `error.data` at the client; whatever JSON can carry
   */
  constructor(
    message: string,
    readonly data?: unknown,
    options?: ErrorOptions,
  ) {
    super('CONNECTION_REFUSED', message, options);
    this.name = 'ConnectionRefused';
  }
}
