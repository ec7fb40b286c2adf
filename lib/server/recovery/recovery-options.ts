/** The options of connection state recovery, each default beside its reason. */
import { SocketIoError } from '../../errors.js';
import { checkMilliseconds, checkPositive, refuseUnknownOptions, withoutUndefined } from '../../options.js';

/** Source: Socket.IO, `connectionStateRecovery`; the bounds are ours. */
export interface RecoveryOptions {
  /** ms that the session of a client that lost its connection is kept. @default 120000 */
  maxDisconnectionDuration?: number;
  /**
   * Whether a client that comes back passes by the middlewares of its namespace. They run by default, so that
   * whoever was shut out meanwhile stays out; `socket.recovered` tells them. Connect handlers always run.
   * @default false
   */
  skipMiddlewares?: boolean;
  /** Events that a namespace keeps, the newest ones; of an adapter that keeps them elsewhere, its own bounds hold. @default 10000 */
  maxEvents?: number;
  /** Bytes of the events that a namespace keeps. @default 10000000 */
  maxBytes?: number;
  /** Sessions that a namespace keeps. @default 10000 */
  maxSessions?: number;
}

export interface ResolvedRecoveryOptions extends Required<RecoveryOptions> {
  /** ms: an event may have been lost on the way for so long before the loss of the connection is noticed. */
  readonly maxAge: number;
}

export const RECOVERY_DEFAULTS = {
  maxDisconnectionDuration: 120_000, // as Socket.IO
  skipMiddlewares: false, // authentication is never passed by unless somebody asked for it
  maxEvents: 10_000, // five seconds of a busy namespace, hours of a quiet one
  maxBytes: 10_000_000, // per namespace
  maxSessions: 10_000, // a client that comes and goes must not fill the memory with its sessions
} as const;

/**
 * @param noticed ms until the loss of a connection is noticed
 * @returns `null` when recovery is off
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function resolveRecoveryOptions(
  options: RecoveryOptions | undefined,
  noticed: number,
): ResolvedRecoveryOptions | null {
  if (options === undefined) return null;
  if (typeof options !== 'object') {
    const hint = 'option "connectionStateRecovery" is an object, such as { maxDisconnectionDuration: 60_000 }, or {}';
    throw new SocketIoError('INVALID_OPTION', hint);
  }
  refuseUnknownOptions(options, Object.keys(RECOVERY_DEFAULTS), 'connectionStateRecovery');
  const resolved = { ...RECOVERY_DEFAULTS, ...withoutUndefined(options) };
  checkMilliseconds(resolved, 'maxDisconnectionDuration');
  checkPositive(resolved, 'maxEvents', 'maxBytes', 'maxSessions');
  return { ...resolved, maxAge: resolved.maxDisconnectionDuration + noticed };
}
