export type { TestClientOptions } from './connect-options.js';
export type { TestDisconnectReason } from './link.js';
export type { Failure } from './stage.js';
export type { TestTarget } from './target.js';
export { type ReceivedEvent, TestClient, type WaitOptions } from './test-client.js';
export { WireClient, type WireClientOptions } from './wire-client.js';
