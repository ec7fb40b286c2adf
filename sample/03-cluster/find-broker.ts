/** Chooses the broker: Redis if there is one, otherwise Node's cluster, which needs no installation. */
import { connect } from 'node:net';

export interface FoundBroker {
  /** The value of the option `broker`. */
  url: string;
  /** For people. */
  name: string;
}

/** @param redisUrl the Redis to look for */
export async function findBroker(redisUrl: string): Promise<FoundBroker> {
  const { hostname, port, host } = new URL(redisUrl);
  if (await isRedis(hostname, Number(port || 6379))) return { url: redisUrl, name: `Redis at ${host}` };
  return { url: 'cluster:', name: `Node's cluster, because there is no Redis at ${host}` };
}

/** Whether a Redis answers within a second. One that wants a password first answers too: see `REDIS_URL`. */
function isRedis(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => end(/^(\+PONG|-NOAUTH)/.test(answer.toString())));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
