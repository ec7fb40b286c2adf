/** The Redis adapter of Socket.IO, with clients for the Redis at `REDIS`: a URL, or the path of a socket. */

/** @returns the `adapter`, and a function that resolves once it is `subscribed` */
export async function redisAdapter() {
  const [{ createAdapter }, { Redis }] = await Promise.all([import('@socket.io/redis-adapter'), import('ioredis')]);
  const client = new Redis(process.env.REDIS, { maxRetriesPerRequest: null });
  const subscriber = client.duplicate();
  return {
    adapter: createAdapter(client, subscriber),
    subscribed: () => subscriber.ping(), // answered after all earlier commands of this connection
  };
}
