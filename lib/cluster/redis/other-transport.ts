/**
 * Servers with recovery use a stream, and servers without it pub/sub, so neither hears the other. A server that connects
 * looks for servers of the other kind on its channel. This is advice, not a rule: a user of Redis who may not run the
 * command gets none.
 */
import { timeOf } from './stream-entries.js';
import type { RedisClient, RedisCommand } from './redis-client.js';

/** ms without a message after which a stream counts as unused: its servers send something every three seconds. */
const RECENT = 5_000;

/** Whether a server without recovery listens to the channel. Never rejects. */
export async function hasSubscribers(client: RedisClient, channel: string): Promise<boolean> {
  const [, count] = await replyTo(client, ['pubsub', 'numsub', channel]);
  return Number(count) > 0;
}

/** Whether a server with recovery has lately added something to the stream of the channel. Never rejects. */
export async function hasRecentEntries(client: RedisClient, channel: string): Promise<boolean> {
  const [newest] = await replyTo(client, ['xrevrange', channel, '+', '-', 'COUNT', '1']);
  if (!Array.isArray(newest)) return false;
  const [seconds] = await replyTo(client, ['time']);
  return Number(seconds) * 1_000 - timeOf(String(newest[0])) < RECENT;
}

/** The warning of a server. @param keeps whether it has recovery */
export function otherTransport(channel: string, keeps: boolean): string {
  const [others, own] = keeps ? ['without', 'has it'] : ['with', 'has none'];
  return (
    `servers or workers ${others} connectionStateRecovery use the channel "${channel}" of Redis, but this one ${own}, so ` +
    'they do not hear each other: give all of them the same connectionStateRecovery, or this one another channel'
  );
}

/** @returns a list, empty if Redis rejects the command. An empty stream, or a key of another type, has no entries */
async function replyTo(client: RedisClient, command: RedisCommand): Promise<readonly unknown[]> {
  try {
    const reply = await client.command(command);
    return Array.isArray(reply) ? (reply as unknown[]) : [];
  } catch {
    return [];
  }
}
