/** All that other layers use of this one. */
export * from './index.js';
export { type Endpoint, GatewayServers, nameOfEndpoint } from './gateways/gateway-servers.js';
export { gatewayServersOf } from './gateways/gateway-servers-of.js';
export { requirePackage } from './required-package.js';
