/**
 * One server of the cluster. A test controls it through its clients: the event `do` calls a chain of methods of the
 * server, such as `[['to', 'x'], ['emit', 'hello']]`.
 */
import { createAdapter } from '@socket.io/cluster-adapter';
import { createServer } from 'node:http';
import { createCluster } from '../../../dist/cluster/index.js';

const { KIND } = process.env;
const { Server } = await import(KIND === 'peer' ? 'socket.io' : '../../../dist/server/internal.js');
const http = createServer();
const OPTIONS = {
  ours: () => ({ adapter: createAdapter() }),
  peer: () => ({ adapter: createAdapter(), transports: ['websocket'] }),
};
const io = new Server(http, OPTIONS[KIND]?.() ?? { broker: createCluster('cluster:') });

io.on('connection', (socket) => {
  socket.on('do', async (chain, answer) => {
    const result = await call(chain);
    answer?.(result);
  });
});
io.on('who?', (answer) => answer(KIND));

async function call(chain) {
  const [method, ...args] = chain.at(-1);
  const link = chain.slice(0, -1).reduce((on, [name, ...given]) => on[name](...given), io);
  if (method === 'serverSideEmit') return new Promise((resolve) => io.serverSideEmit(...args, (...a) => resolve(a)));
  const result = await link[method](...args);
  return method === 'fetchSockets' ? result.map(({ id, data }) => ({ id, data })) : result;
}

// Without `exclusive`, workers share ports.
http.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
  console.log(`${KIND} listens on http://127.0.0.1:${http.address().port} `);
});
