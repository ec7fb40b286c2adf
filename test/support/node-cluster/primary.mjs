/** Forks one worker that runs the built server of this package, and one that runs a server of `socket.io`. */
import { setupPrimary } from '@socket.io/cluster-adapter';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';

cluster.setupPrimary({
  exec: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  serialization: 'advanced', // supports binary parts of packets
});
setupPrimary();
for (const KIND of ['ours', 'peer']) cluster.fork({ KIND });
