/**
 * The course of a run: three nodes, a broker, clients that talk, and one fault after the other, determined by the seed.
 *
 * Before each fault the clients pause until everything said so far has arrived everywhere, so that a message belongs
 * either to a fault or to none, however busy the machine is. After it, all nodes must become healthy again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../soak/load/random.mjs';
import { startRedis } from '../support/redis.js';
import { ClusterNode, type Counters, type NodeState } from './cluster-node.js';
import { FAULTS, type Scene } from './faults.js';
import { type FaultWindow, judge, type Verdict } from './ledger.js';
import { Talker } from './talker.js';

const NODES = 3;
const ROOMS = ['attic', 'cellar', 'den', 'garden'];
const CLIENTS = 9;

/** Clients return fast, and do not wait long for a node that is stopped. */
const CONNECTION = { reconnectionDelay: 20, reconnectionDelayMax: 200, timeout: 1_000 };

/** ms after which waiting is a finding: a client that tries a stopped node needs a second, a broker up to two. */
const PATIENCE = 20_000;

/** ms after which a client notices that its node is silent, and some more */
const UNDER_WAY = 5_000;

export interface RunOptions {
  readonly seed: number;
  /** Whether the servers have connection state recovery. */
  readonly recovery: boolean;
  /** ms. Each fault is caused once at least. */
  readonly duration: number;
  /** ms that a fault lasts at most */
  readonly longest: number;
}

export interface Report extends Verdict {
  /** The faults in order. */
  readonly faults: readonly string[];
  readonly recovered: number;
  readonly nodes: readonly NodeState[];
  /** Bytes that the node with the most growth has at the end, beyond what it had at the start. */
  readonly growth: number;
}

/** @throws if a node ends by itself */
export async function runNemesis(options: RunOptions): Promise<Report> {
  const run = new Run(options);
  try {
    await run.start();
    await run.torment();
    return await run.end();
  } finally {
    await run.stop();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #findings: string[] = [];
  readonly #windows: FaultWindow[] = [];
  readonly #memory = new Map<string, number>();
  #talkers: Talker[] = [];
  #scene: Scene | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async start(): Promise<void> {
    const { recovery } = this.#options;
    const broker = await startRedis();
    const nodes: ClusterNode[] = [];
    this.#scene = { broker, nodes };
    for (let i = 0; i < NODES; i++) nodes.push(await ClusterNode.start(broker.port, { recovery, pingInterval: 1_000 }));
    const urls = nodes.map(({ url }) => url);
    this.#talkers = Array.from({ length: CLIENTS }, (_, i) => {
      const rooms = [ROOMS[i % ROOMS.length] as string, ROOMS[(i + 1) % ROOMS.length] as string];
      return new Talker(`client ${i}`, {
        urls,
        rooms,
        random: this.#random.fork(),
        pause: 120,
        connection: CONNECTION,
      });
    });
    await this.#healed('the start');
  }

  /** Causes faults until the time is over. */
  async torment(): Promise<void> {
    const until = performance.now() + this.#options.duration;
    const all = Object.keys(FAULTS);
    let kinds: string[] = [];
    while (this.#windows.length < all.length || performance.now() < until) {
      if (kinds.length === 0) kinds = shuffled(all, this.#random);
      await this.#cause(kinds.pop() as string);
    }
  }

  async end(): Promise<Report> {
    await this.#quiet();
    for (const talker of this.#talkers) for (const room of talker.rooms) talker.say(room);
    await this.#settled('the end');
    const nodes = await Promise.all(this.#nodes.map((node) => node.state()));
    const { findings, counts } = judge(this.#talkers, this.#windows, {
      keeps: this.#options.recovery,
      underWay: UNDER_WAY + this.#options.longest,
    });
    const growth = nodes.map(({ memory }, i) => memory - (this.#memory.get(this.#nodes[i]?.id ?? '') ?? memory));
    return {
      findings: [...this.#findings, ...findings],
      counts,
      faults: this.#windows.map(({ kind }) => kind),
      recovered: this.#talkers.reduce((sum, { recovered }) => sum + recovered, 0),
      nodes,
      growth: Math.max(...growth),
    };
  }

  async stop(): Promise<void> {
    for (const talker of this.#talkers) talker.stop();
    await Promise.all(this.#nodes.map((node) => node.stop()));
    this.#scene?.broker.signal('SIGCONT');
    await this.#scene?.broker.stop();
  }

  get #nodes(): readonly ClusterNode[] {
    return this.#scene?.nodes ?? [];
  }

  async #cause(kind: string): Promise<void> {
    const node = this.#random.pick(this.#nodes);
    const duration = this.#random.int(200, this.#options.longest);
    await this.#quiet();
    const before = await this.#counters();
    const id = node.id;
    const window: FaultWindow = { kind, from: performance.now(), to: Infinity, killed: null, before, after: before };
    this.#windows.push(window);
    this.#talk(true);
    await sleep(this.#random.int(20, 150));
    await FAULTS[kind]?.(this.#scene as Scene, node, duration, this.#random);
    if (kind === 'a node is killed') window.killed = id;
    await this.#healed(kind);
    window.after = await this.#counters();
    window.to = performance.now();
  }

  /** Lets the clients talk while nothing is broken, and waits until all of it has arrived. */
  async #quiet(): Promise<void> {
    this.#talk(true);
    await sleep(this.#random.int(200, 600));
    this.#talk(false);
    await this.#settled('a quiet time');
  }

  #talk(talks: boolean): void {
    for (const talker of this.#talkers) talker.isTalking = talks;
  }

  /** Waits until nothing has been heard for a moment, and all clients have their acknowledgements. */
  async #settled(when: string): Promise<void> {
    let last = -1;
    await this.#until(`messages arrive after ${when}`, () => {
      const count = this.#talkers.reduce((sum, { heard }) => sum + heard.length, 0);
      const isSettled = count === last && this.#talkers.every(({ isAnswered }) => isAnswered);
      last = count;
      return isSettled;
    });
  }

  /** Waits until all nodes reach each other, and all clients are back. */
  async #healed(what: string): Promise<void> {
    await this.#until(`the cluster is healthy after ${what}`, async () => {
      const healths = await Promise.all(this.#nodes.map((node) => node.health()));
      const counts = await Promise.all(this.#nodes.map((node) => node.clients()));
      return (
        healths.every(({ degraded }) => degraded === null) &&
        counts.every((count) => count === CLIENTS) &&
        this.#talkers.every(({ isPresent }) => isPresent)
      );
    });
    for (const node of this.#nodes) {
      if (!this.#memory.has(node.id)) this.#memory.set(node.id, (await node.state()).memory);
    }
  }

  async #until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    do {
      if (await isTrue()) return;
      await sleep(100);
    } while (performance.now() < deadline);
    this.#findings.push(`too late: ${what}`);
  }

  async #counters(): Promise<Map<string, Counters>> {
    return new Map(await Promise.all(this.#nodes.map(async (node) => [node.id, await node.health()] as const)));
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, rank: random.next() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
