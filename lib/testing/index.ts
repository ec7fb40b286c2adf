/**
 * The test client, which needs no port and no test runner.
 *
 * @module nest-socketio/testing
 */
export type { TestClientOptions } from './test-client-options.js';
export type { TestCloseFrame, TestDisconnectReason } from './test-connection.js';
export type { TestDisconnectDetails } from './test-socket.js';
export type { Failure } from './server-monitor.js';
export type { TestTarget } from './test-target.js';
export { type ReceivedEvent, TestClient, type WaitOptions } from './test-client.js';
export { WireClient, type WireClientOptions } from './wire-client.js';
