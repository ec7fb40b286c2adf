/**
 * The messages between workers and the primary process. They share the channel with messages of the application and of
 * other libraries, so each has the key `nest-socketio`, with its kind.
 */

/**
 * - `hello`: a worker joins a channel, and expects `ready`. Its bytes show whether bytes arrive unchanged.
 * - `ready`: the primary relays the channel.
 * - `message`: to all other workers of the channel. Bytes are base64 unless the channel carries binary data.
 * - `gap`: messages to this worker were dropped.
 * - `bye`: a worker leaves the channel.
 */
const KINDS = ['hello', 'ready', 'message', 'gap', 'bye'] as const;

export interface ChannelMessage {
  readonly 'nest-socketio': (typeof KINDS)[number];
  readonly channel: string;
  readonly bytes?: Uint8Array | string;
  /** With `ready`: whether the channel carries binary data, as it does with `serialization: 'advanced'`. */
  readonly binary?: boolean;
}

/** One end of a channel between processes: a `Worker` of `node:cluster`, on either side. */
export interface Port {
  send(message: ChannelMessage, callback: (error: Error | null) => void): unknown;
  isConnected(): boolean;
}

/** Whether a message is one of these. Messages of other programs may be any value. */
export function isChannelMessage(message: unknown): message is ChannelMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { 'nest-socketio': kind, channel } = message as Partial<ChannelMessage>;
  return typeof channel === 'string' && KINDS.some((known) => known === kind);
}

/** Sends a message whose loss the other end notices in another way. */
export function sendTo(port: Port, message: ChannelMessage, done: () => void = () => {}): void {
  if (port.isConnected()) port.send(message, done);
  else done();
}
