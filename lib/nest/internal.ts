/** All that other layers use of this one. */
export * from './index.js';
export { type Endpoint, GatewayServers } from './gateways/gateway-servers.js';
export { requirePackage } from './required-package.js';
