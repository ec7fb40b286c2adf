/** Two servers behind nginx, replaced and killed one after the other while up to 200 clients talk. */
import { afterEach, expect, it } from 'vitest';
import { ClusterNode, type Counters } from '../../nemesis/cluster-node.js';
import { type FaultWindow, judge, type Verdict } from '../../nemesis/ledger.js';
import { Talker } from '../../nemesis/talker.js';
import { Random } from '../../soak/load/random.mjs';
import { requireBuild } from '../../support/build.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { SOON } from '../../support/events.js';
import { startNginx } from '../../support/proxies.js';
import { startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';

/** The number of clients in one room and the next. Each room has the clients of two such groups. */
const GROUP = 4;

/** ms between two messages of a client, on average */
const PAUSE = 2_000;

const CONNECTION = { reconnectionDelay: 100, reconnectionDelayMax: 500 };

/** ms within which a message can be under way to a client that leaves */
const UNDER_WAY = 1_000;

class Deploy {
  readonly windows: FaultWindow[] = [];
  readonly nodes: readonly [ClusterNode, ClusterNode];
  readonly talkers: readonly Talker[];

  private constructor(nodes: readonly [ClusterNode, ClusterNode], talkers: readonly Talker[]) {
    this.nodes = nodes;
    this.talkers = talkers;
  }

  static async start(clients: number, recovery: boolean): Promise<Deploy> {
    requireBuild();
    const redis = await startRedis();
    onCleanUp(() => redis.stop());
    const start = (): Promise<ClusterNode> => ClusterNode.start(redis.port, { recovery, pingInterval: 25_000 });
    const nodes = await Promise.all([start(), start()]);
    for (const node of nodes) onCleanUp(() => node.stop());
    const nginx = await startNginx([portOf(nodes[0]), portOf(nodes[1])]);
    const random = new Random(1);
    const talkers = Array.from({ length: clients }, (_, i) => {
      const count = clients / GROUP;
      const rooms = [`room ${i % count}`, `room ${(i + 1) % count}`];
      return new Talker(`client ${i}`, {
        urls: [nginx.url],
        rooms,
        random: random.fork(),
        pause: PAUSE,
        connection: CONNECTION,
      });
    });
    onCleanUp(() => talkers.forEach((talker) => talker.stop()));
    const deploy = new Deploy(nodes, talkers);
    await deploy.present();
    await deploy.#answering(); // a node serves its own clients before it is connected to the broker
    for (const talker of talkers) talker.isTalking = true;
    return deploy;
  }

  /** Replaces or kills a node, and waits until all clients are back. */
  async replace(index: 0 | 1, how: 'drained' | 'killed'): Promise<void> {
    const node = this.nodes[index];
    const window: FaultWindow = {
      kind: `a node is ${how}`,
      from: performance.now(),
      to: Infinity,
      killed: how === 'killed' ? node.id : null,
      before: await this.#counters(),
      after: new Map(),
    };
    this.windows.push(window);
    const { id } = node;
    const last = await (how === 'killed' ? node.kill() : node.drain());
    await this.present(); // on the other node
    await node.restart();
    await this.#answering();
    window.after = new Map([...(await this.#counters()), ...(last === undefined ? [] : [[id, last] as const])]);
    window.to = performance.now();
  }

  async present(): Promise<void> {
    await expect.poll(() => this.talkers.filter(({ isPresent }) => !isPresent).length, SOON).toBe(0);
  }

  /** Ends the talk, and waits until all of it has arrived. */
  async verdict(recovery: boolean): Promise<Verdict> {
    for (const talker of this.talkers) talker.isTalking = false;
    let last = -1;
    await expect
      .poll(
        () => {
          const heard = this.talkers.reduce((sum, talker) => sum + talker.heard.length, 0);
          const isSettled = heard === last && this.talkers.every(({ isAnswered }) => isAnswered);
          last = heard;
          return isSettled;
        },
        { ...SOON, interval: 200 },
      )
      .toBe(true);
    return judge(this.talkers, this.windows, { keeps: recovery, underWay: UNDER_WAY });
  }

  /** The faults and their times, which explain a failure. */
  toString(): string {
    return this.windows.map(({ kind, from, to }) => `${kind} from ${Math.round(from)} to ${Math.round(to)}`).join('; ');
  }

  /** Waits until both nodes reach each other. */
  async #answering(): Promise<void> {
    for (const node of this.nodes) await expect.poll(() => node.clients(), SOON).toBe(this.talkers.length);
  }

  async #counters(): Promise<Map<string, Counters>> {
    const counters = new Map<string, Counters>();
    for (const node of this.nodes) counters.set(node.id, await node.health());
    return counters;
  }
}

function portOf({ url }: ClusterNode): number {
  return Number(new URL(url).port);
}

describeWith('nginx', 'servers behind nginx', () => {
  describeWith('redis-server', 'in a cluster', () => {
    afterEach(cleanUp);

    it('lose and repeat nothing when they are replaced, with recovery, and only the last turn when killed', async () => {
      const deploy = await Deploy.start(200, true);
      await deploy.replace(0, 'drained');
      await deploy.replace(1, 'drained');
      await deploy.replace(0, 'killed');
      const { findings, counts } = await deploy.verdict(true);
      expect(findings, deploy.toString()).toEqual([]);
      // All have been on both nodes, with one session.
      const strays = deploy.talkers.filter(({ presences, recovered }) => presences.length !== 1 || recovered === 0);
      expect(strays.map(String), deploy.toString()).toEqual([]);
      const allowed = 'a node is killed: the node was killed';
      expect(
        Object.keys(counts.gaps).filter((kind) => kind !== allowed),
        deploy.toString(),
      ).toEqual([]);
      expect(counts.gaps[allowed] ?? 0).toBeLessThan(40); // messages of one turn, each missed by up to eight clients
      expect(counts.said).toBeGreaterThan(200);
    }, 60_000);

    it('lose only messages to clients that are away when they are replaced, without recovery', async () => {
      const deploy = await Deploy.start(60, false);
      await deploy.replace(0, 'drained');
      await deploy.replace(1, 'drained');
      const { findings, counts } = await deploy.verdict(false);
      expect(findings, deploy.toString()).toEqual([]);
      const underWay = 'a node is drained: the session ended';
      expect(
        Object.keys(counts.gaps).filter((kind) => kind !== underWay),
        deploy.toString(),
      ).toEqual([]);
      expect(counts.said).toBeGreaterThan(50);
      const stayed = deploy.talkers.filter(({ presences }) => presences.length === 1);
      expect(stayed.map(String), deploy.toString()).toEqual([]);
    }, 60_000);
  });
});
