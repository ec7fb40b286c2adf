/**
 * Forks two workers: `primary.mjs ours peer`, one with the built server of this package and one with a server of
 * `socket.io`, over a published adapter; `primary.mjs one two`, both with our server and the broker `cluster:`.
 */
import { setupPrimary as setupAdapter } from '@socket.io/cluster-adapter';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { setupPrimary } from '../../../dist/cluster/index.js';

const kinds = process.argv.slice(2);

cluster.setupPrimary({
  exec: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  serialization: 'advanced', // supports binary parts of packets
});
if (kinds.includes('peer')) setupAdapter();
else setupPrimary();
for (const KIND of kinds) cluster.fork({ KIND });
