/** The option `streams`, with the reason for each default. */
import {
  checkMilliseconds,
  checkPositive,
  inGroup,
  invalidOption,
  refuseUnknownOptions,
  withDefaults,
} from '../../options.js';

/**
 * How streams of values to a client behave. See `docs/streams.md`.
 * @publicApi
 */
export interface StreamsOptions {
  /**
   * The number of values of a stream that are kept until the client acknowledges them. When so many wait, the handler is
   * not asked for another value. `limits.streamBytes` bounds their size. @default 256
   */
  buffer?: number;
  /** ms that a client whose connection was lost has to resume its streams. 0: they end with it. @default 30000 */
  resumeWithin?: number;
}

export type ResolvedStreamsOptions = Required<StreamsOptions>;

export const STREAMS_DEFAULTS = {
  buffer: 256, // five seconds of a language model, and a few kB of its tokens
  resumeWithin: 30_000, // a train in a tunnel; a handler that computes for a client that is gone costs money
} as const;

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveStreamsOptions(options: StreamsOptions = {}): ResolvedStreamsOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    invalidOption('streams', options, 'be an object such as { buffer: 1_000 }');
  }
  refuseUnknownOptions(options, Object.keys(STREAMS_DEFAULTS), 'streams');
  const resolved = withDefaults<StreamsOptions>(options, STREAMS_DEFAULTS);
  const named = inGroup('streams', resolved);
  checkPositive(named, 'streams.buffer');
  checkMilliseconds(named, 'streams.resumeWithin');
  return resolved;
}
