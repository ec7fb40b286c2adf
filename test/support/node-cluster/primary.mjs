/** Forks one worker that runs our server, as built, and one that runs a server of the `socket.io` package. */
import { setupPrimary } from '@socket.io/cluster-adapter';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';

cluster.setupPrimary({
  exec: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  serialization: 'advanced', // binary parts of packets
});
setupPrimary();
for (const KIND of ['ours', 'peer']) cluster.fork({ KIND });
