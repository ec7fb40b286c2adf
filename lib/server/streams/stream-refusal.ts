/** The refusals that a client gets instead of a stream or of its remainder: `{ code, message }`, as in other answers. */

/** The code of each refusal, with its message. */
const MESSAGES = {
  stream_needs_ack: 'The event answers with a stream: emit it with an acknowledgement',
  stream_gone: 'The stream has ended, or its server is gone',
  stream_moved: 'Another connection has resumed the stream',
  stream_lost: 'The values that are missing are no longer kept',
  stream_forbidden: 'The stream belongs to another user',
  stream_overflow: 'The values came faster than they could be sent',
  too_many_streams: 'Too many streams of this client are open',
  bad_request: 'The arguments must be the id of a stream and the number of a value',
} as const;

export type StreamRefusalCode = keyof typeof MESSAGES;

/** A refusal as the client gets it. */
export interface StreamRefusal {
  readonly code: StreamRefusalCode;
  readonly message: string;
}

export function streamRefusal(code: StreamRefusalCode): StreamRefusal {
  return { code, message: MESSAGES[code] };
}

/** Whether a value of another process is the code of a refusal. */
export function isRefusalCode(value: unknown): value is StreamRefusalCode {
  return typeof value === 'string' && Object.hasOwn(MESSAGES, value);
}
