/** Failures of a broker in words, which are the same for all engines. */
import { SocketIoError } from '../../errors.js';

/** Thrown by calls after {@link Broker.close}. */
export function brokerClosed(): SocketIoError {
  return new SocketIoError('SERVER_CLOSED', 'the broker is closed');
}

/**
 * A problem, for {@link BrokerListener.connection}.
 * @param name names the engine and where it is, without a password
 */
export function unavailable(name: string, error: unknown): string {
  return `${name} is unavailable: ${reasonOf(error)}`;
}

/** The message of an error. Node reports several failed addresses of a host as one error without a message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
