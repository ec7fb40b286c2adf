/** The channel of a broker: the name that the servers of a cluster share. */
import { invalidOption } from '../../options.js';
import type { BrokerContext } from './broker.js';

export const DEFAULT_CHANNEL = 'nest-socketio';

/**
 * Checks the option `channel`.
 * @param rule describes the channels that the engine accepts
 * @throws SocketIoError `INVALID_OPTION`
 */
export function checkChannel(
  channel: string = DEFAULT_CHANNEL,
  isValid: (channel: string) => boolean = () => true,
  rule = 'be a name',
): string {
  if (typeof channel === 'string' && channel !== '' && isValid(channel)) return channel;
  return invalidOption('channel', channel, rule);
}

/** The channel of a server: the channel of its broker, and its scope. */
export function scopedChannel(channel: string, { scope }: BrokerContext): string {
  return scope === '' ? channel : `${channel}-${scope}`;
}
