/** Failures of Redis that retrying cannot fix. */
import { SocketIoError } from '../../errors.js';
import { reasonOf } from '../broker/broker-failure.js';

/** Error replies that every attempt gets, each with a rule that is broken and a hint. */
const PERMANENT: readonly (readonly [reply: RegExp, rule: string, hint: string])[] = [
  [
    /^(WRONGPASS|NOAUTH|ERR invalid password|ERR Client sent AUTH|ERR AUTH)/,
    'have a user name and a password that Redis accepts',
    'write redis://user:password@host:6379',
  ],
  [/^NOPERM/, 'have a user with access to the channel', 'allow it with ACL SETUSER'],
  [/DB index/, 'have a database that exists', 'write redis://host:6379/0'],
  [
    /^WRONGTYPE/,
    'have a channel that is not the key of other data in Redis',
    'write ?channel=another-name after the URL',
  ],
  [/unknown command/i, 'name a server of Redis 6.2 or later, or of Valkey', 'update the server'],
];

/** @returns a start-up error if retrying cannot fix the failure, else `null` */
export function permanentFailure(error: unknown): SocketIoError | null {
  if (error instanceof SocketIoError) return error;
  const message = reasonOf(error);
  const match = PERMANENT.find(([reply]) => reply.test(message));
  if (match === undefined) return null;
  const [, rule, hint] = match;
  return new SocketIoError('INVALID_OPTION', `option "broker" must ${rule}, got "${message}": ${hint}`, {
    cause: error,
  });
}
