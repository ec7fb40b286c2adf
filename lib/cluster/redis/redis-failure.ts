/** Failures of Redis, for the log and for start-up errors. */
import { SocketIoError } from '../../errors.js';

/** Replies of Redis that no later attempt can change, with the advice for each. */
const PERMANENT: readonly (readonly [reply: RegExp, rule: string, hint: string])[] = [
  [
    /^(WRONGPASS|NOAUTH|ERR invalid password|ERR Client sent AUTH|ERR AUTH)/,
    'have a user name and a password that Redis accepts',
    'write redis://user:password@host:6379',
  ],
  [/^NOPERM/, 'have a user who may use the channel', 'allow it with ACL SETUSER'],
  [/DB index/, 'have a database that exists', 'write redis://host:6379/0'],
  [/^WRONGTYPE/, 'have a channel whose name is no other key of Redis', 'write ?channel=another-name after the URL'],
  [/unknown command/i, 'name a server of Redis 6.2 or later, or of Valkey', 'update the server'],
];

/** @returns a start-up error if no later attempt can succeed, else `null` */
export function permanentFailure(error: unknown): SocketIoError | null {
  if (error instanceof SocketIoError) return error;
  const message = messageOf(error);
  const match = PERMANENT.find(([reply]) => reply.test(message));
  if (match === undefined) return null;
  const [, rule, hint] = match;
  return new SocketIoError('INVALID_OPTION', `option "broker" must ${rule}, got "${message}": ${hint}`, {
    cause: error,
  });
}

/** The message of an error. Node reports several failed addresses as an error without a message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
