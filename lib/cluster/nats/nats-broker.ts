import type { BrokerFactory } from '../broker/broker.js';

/** @publicApi */
export function natsBroker(_options: { url: string; channel: string }): BrokerFactory {
  throw new Error('not built yet');
}
