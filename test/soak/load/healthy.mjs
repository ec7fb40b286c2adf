// The healthy clients, a process of their own: they follow the protocol and must get everything that is theirs.
import { answerCommands } from '../../bench/commands.mjs';
import { percentile } from '../../bench/statistics.mjs';
import { HealthyClient } from './healthy-client.mjs';
import { Ledger } from './ledger.mjs';
import { Population } from './population.mjs';
import { Random } from './random.mjs';

const PAUSE = 2_000; // ms, the longest between two sessions of a client

const ledger = new Ledger();
const clients = [];
let latencies = []; // ms, since the last sample
const onLatency = (ms) => latencies.push(ms);
let population = null;

process.on('SIGINT', () => {}); // the run decides when this process ends

answerCommands({
  /** @param stock the number of clients of the package `socket.io-client` among `count` */
  create({ port, seed, count, stock }) {
    const random = new Random(seed);
    for (let i = 0; i < count; i++) {
      const name = i < stock ? `stock ${i}` : `raw ${i}`;
      clients.push(new HealthyClient({ name, port, isStock: i < stock, ledger, onLatency, random: random.fork() }));
    }
  },

  begin() {
    population = new Population();
    for (const client of clients) population.add(client.random, PAUSE, () => client.live(population));
  },

  /** Resolves when all clients have their answers and have disconnected. */
  async end() {
    await population.stop();
    population = null;
  },

  /** The latency of acknowledgements since the last sample, in ms. */
  sample() {
    const sorted = latencies.toSorted((a, b) => a - b);
    latencies = [];
    const at = (percent) => (sorted.length === 0 ? null : Math.round(percentile(sorted, percent) * 100) / 100);
    return { count: sorted.length, p50: at(50), p99: at(99), max: at(100) };
  },

  state() {
    const { counts, findings, heard, said, answered } = ledger;
    return {
      counts,
      findings,
      heard,
      said,
      answered,
      sessions: total('sessions'),
      recovered: total('recovered'),
      notRecovered: total('notRecovered'),
    };
  },
});

function total(field) {
  return clients.reduce((sum, client) => sum + client[field], 0);
}
