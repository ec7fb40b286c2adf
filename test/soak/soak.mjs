/**
 * One soak: a server, healthy clients and bad clients, each in a process of its own. After a warm-up in which
 * everything happens that happens later, all clients leave, and the memory of the server is the base line. At the end,
 * all clients leave again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Program } from '../bench/program.mjs';
import { KINDS } from './load/kinds.mjs';

const SAMPLE_INTERVAL = 1_000; // ms
const SETTLE_TIME = 20_000; // ms in which the server may clean up after its clients
const STEADY = 1_000_000; // bytes; a smaller change between two samples is noise
const WARM_UP = { share: 0.25, seconds: 60 };
const STOCK_CLIENTS = 4;

/** By default, glibc keeps freed buffers of up to 32 MB for later, which would look like growth. */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/**
 * @param options.minutes of traffic, the warm-up included
 * @param options.clients number of healthy clients
 * @param options.share of the full numbers of bad clients, up to 1
 * @param options.signal ends the traffic early
 * @param options.onSample called with each sample
 */
export async function soak({ minutes, seed, clients, share, signal, onSample = () => {} }) {
  const run = new Run({ share, seed, signal, onSample });
  const warmUp = Math.min(WARM_UP.seconds, minutes * 60 * WARM_UP.share);
  try {
    await run.start(clients);
    await run.traffic(warmUp);
    run.base = await run.settled();
    await run.traffic(minutes * 60 - warmUp);
    run.end = await run.settled();
  } catch (error) {
    run.crash = error.message.replaceAll(/\s+/g, ' ');
  }
  try {
    return await run.results({ minutes, seed, clients, share });
  } finally {
    await run.stop();
  }
}

class Run {
  /** The memory of the server without clients, after the warm-up and at the end. */
  base = null;
  end = null;
  /** Why the run could not go on, for example because the server ended. */
  crash = null;
  #options;
  #samples = [];
  #phase = 0;
  #startedAt = performance.now();
  #port;
  #server;
  #healthy;
  #bad;

  constructor(options) {
    this.#options = options;
  }

  async start(clients) {
    this.#server = await Program.start(file('server.mjs'), { execArgv: ['--expose-gc'], env: MALLOC });
    this.#healthy = await Program.start(file('load/healthy.mjs'));
    this.#bad = await Program.start(file('load/bad.mjs'));
    this.#port = await this.#server.ask('port');
    const stock = Math.min(STOCK_CLIENTS, clients);
    await this.#healthy.ask('create', { port: this.#port, seed: this.#options.seed, count: clients, stock });
  }

  /** Runs all clients for a time. */
  async traffic(seconds) {
    const { seed, share, signal } = this.#options;
    const longestPause = (seconds * 1_000) / 4;
    const until = performance.now() + seconds * 1_000;
    await this.#healthy.ask('begin');
    await this.#bad.ask('begin', { port: this.#port, seed: seed + ++this.#phase, share, longestPause });
    while (performance.now() < until && !signal.aborted) {
      await sleep(SAMPLE_INTERVAL);
      await this.#sample();
    }
    await this.#bad.ask('end');
    await this.#healthy.ask('end');
  }

  /** Waits until the server has no clients, and its memory no longer shrinks. */
  async settled() {
    let last = await this.#sample();
    for (const until = performance.now() + SETTLE_TIME; performance.now() < until;) {
      await sleep(SAMPLE_INTERVAL);
      const sample = await this.#sample();
      if (sample.clients === 0 && last.rss - sample.rss < STEADY && last.heapUsed - sample.heapUsed < STEADY) {
        return sample;
      }
      last = sample;
    }
    return last;
  }

  /** Everything that is known of the run. Programs that have ended do not answer. */
  async results(options) {
    const [server, healthy, bad] = await Promise.all(
      [this.#server, this.#healthy, this.#bad].map((program) => program?.ask('state').catch(() => null) ?? null),
    );
    return {
      options,
      seconds: Math.round((performance.now() - this.#startedAt) / 1_000),
      wasInterrupted: this.#options.signal.aborted,
      crash: this.crash,
      base: this.base,
      end: this.end,
      server,
      healthy,
      bad,
      kinds: KINDS.map(({ name }) => name),
      samples: this.#samples,
    };
  }

  async stop() {
    await Promise.all([this.#server, this.#healthy, this.#bad].map((program) => program?.stop()));
  }

  async #sample() {
    const [memory, latency] = await Promise.all([this.#server.ask('sample'), this.#healthy.ask('sample')]);
    const at = Math.round(performance.now() - this.#startedAt) / 1_000;
    const sample = { at, ...memory, latency };
    this.#samples.push(sample);
    this.#options.onSample(sample);
    return sample;
  }
}

function file(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
