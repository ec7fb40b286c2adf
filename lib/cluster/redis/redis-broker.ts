import type { BrokerFactory } from '../broker/broker.js';

/** @publicApi */
export function redisBroker(_options: { url: string; channel: string }): BrokerFactory {
  throw new Error('not built yet');
}
