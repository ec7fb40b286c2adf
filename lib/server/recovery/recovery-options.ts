/** The options of connection state recovery, with the reason for each default. */
import { checkMilliseconds, checkPositive, invalidOption, refuseUnknownOptions, withDefaults } from '../../options.js';

/**
 * Source: Socket.IO, `connectionStateRecovery`. The bounds are additions.
 * @publicApi
 */
export interface RecoveryOptions {
  /** Milliseconds to keep the session of a client that lost its connection. @default 120000 */
  maxDisconnectionDuration?: number;
  /**
   * Whether a client that resumes skips the middlewares of its namespace. By default they run, and can read
   * `socket.recovered`, so that a client whose access has been revoked in the meantime is refused. Connect handlers
   * always run.
   * @default false
   */
  skipMiddlewares?: boolean;
  /**
   * Number of events that a namespace keeps. Events for one client alone are kept apart, a tenth of this number for each
   * client. In a cluster, the bounds of the broker apply instead. @default 10000
   */
  maxEvents?: number;
  /**
   * Bytes of the events that a namespace keeps, and a tenth of it for each client. The option `limits.recoveryBytes`
   * bounds all namespaces together. @default 10000000
   */
  maxBytes?: number;
  /** Number of sessions that a namespace keeps. @default 10000 */
  maxSessions?: number;
}

export interface ResolvedRecoveryOptions extends Required<RecoveryOptions> {
  /** Milliseconds to keep an event. Events can be lost some time before the server notices that the connection is. */
  readonly maxAge: number;
}

export const RECOVERY_DEFAULTS = {
  maxDisconnectionDuration: 120_000, // as Socket.IO
  skipMiddlewares: false, // authentication is never skipped without an explicit choice
  maxEvents: 10_000, // five seconds of a busy namespace, hours of a quiet one
  maxBytes: 10_000_000, // ten full messages, and a sixth of what all namespaces may keep
  maxSessions: 10_000, // a client that reconnects again and again must not fill the memory with sessions
} as const;

/**
 * @param noticed ms until the server notices that a connection is lost
 * @returns `null` if recovery is off
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function resolveRecoveryOptions(
  options: RecoveryOptions | undefined,
  noticed: number,
): ResolvedRecoveryOptions | null {
  if (options === undefined) return null;
  if (typeof options !== 'object' || options === null) {
    invalidOption(
      'connectionStateRecovery',
      options,
      'be an object such as {} or { maxDisconnectionDuration: 60_000 }',
    );
  }
  refuseUnknownOptions(options, Object.keys(RECOVERY_DEFAULTS), 'connectionStateRecovery');
  const resolved = withDefaults<RecoveryOptions>(options, RECOVERY_DEFAULTS);
  checkMilliseconds(resolved, 'maxDisconnectionDuration');
  checkPositive(resolved, 'maxEvents', 'maxBytes', 'maxSessions');
  return { ...resolved, maxAge: resolved.maxDisconnectionDuration + noticed };
}
