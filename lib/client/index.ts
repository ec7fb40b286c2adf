/**
 * Streams for clients, in browsers and in Node.
 *
 * @module nest-socketio/client
 */
export { StreamError } from './stream-error.js';
export type { StreamAnswer, StreamSocket, TypedStream, ValueStream } from './stream-types.js';
export { stream } from './stream.js';
