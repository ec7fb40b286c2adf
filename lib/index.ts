/**
 * The public entry point: the parts of each layer that users see.
 *
 * @module nest-socketio
 */
export * from './nest/index.js';
export * from './cluster/index.js';
export * from './server/index.js';
export * from './engine/index.js';
export * from './protocol/index.js';
export { ERROR_CODES, type ErrorCode, ProtocolError, SocketIoError } from './errors.js';
