export { WireClient, type WireClientOptions } from './wire-client.js';
