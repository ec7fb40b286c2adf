/** A worker and its primary process in one process, over a channel that a test can stop. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelMessage } from '../../../lib/cluster/node-cluster/channel-message.js';
import { NodeClusterChannel, type WorkerPort } from '../../../lib/cluster/node-cluster/node-cluster-channel.js';
import { Relay } from '../../../lib/cluster/node-cluster/relay.js';
import { systemClock } from '../../../lib/engine/clock.js';
import { BrokerInbox } from '../../support/broker-inbox.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { ManualClock } from '../../support/manual-clock.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

type Done = (error: Error | null) => void;

/** One end of a channel. Messages are delivered at once, or when the channel is resumed. */
class FakePort extends EventEmitter implements WorkerPort {
  readonly #deliver: (message: ChannelMessage) => void;
  /** Set while the other end is stopped. */
  #stopped: (() => void)[] | null = null;
  #isConnected = true;
  failure: Error | null = null;

  constructor(deliver: (message: ChannelMessage) => void) {
    super();
    this.#deliver = deliver;
  }

  isConnected(): boolean {
    return this.#isConnected;
  }

  send(message: ChannelMessage, done: Done): void {
    const write = (): void => {
      if (this.failure === null) this.#deliver(message);
      done(this.failure);
    };
    if (this.#stopped === null) write();
    else this.#stopped.push(write);
  }

  stop(): void {
    this.#stopped ??= [];
  }

  resume(): void {
    const written = this.#stopped ?? [];
    this.#stopped = null;
    for (const write of written) write();
  }

  disconnect(): void {
    this.#isConnected = false;
    this.emit('disconnect');
  }
}

/** A worker of the cluster: the two ends of its channel. */
interface Worker {
  readonly inWorker: FakePort;
  readonly inPrimary: FakePort;
}

class FakeCluster {
  readonly #events = new EventEmitter();
  relay: Relay | null = null;

  startRelay(): this {
    this.relay = new Relay(this.#events);
    return this;
  }

  fork(): Worker {
    const inPrimary: FakePort = new FakePort((message) => inWorker.emit('message', message));
    const inWorker: FakePort = new FakePort((message) => this.#events.emit('message', inPrimary, message));
    return { inWorker, inPrimary };
  }

  /** The death of a worker, as the primary process notices it. */
  exit({ inPrimary }: Worker): void {
    inPrimary.disconnect();
    this.#events.emit('disconnect', inPrimary);
    this.#events.emit('exit', inPrimary);
  }
}

interface Opened {
  readonly worker: Worker;
  readonly broker: NodeClusterChannel;
  readonly inbox: BrokerInbox;
}

const clock = new ManualClock();

function open(worker: Worker, channel = 'chat', time: ManualClock | typeof systemClock = clock): Opened {
  const broker = new NodeClusterChannel(worker.inWorker, channel, time);
  const inbox = new BrokerInbox();
  onCleanUp(() => {
    worker.inWorker.resume();
    return broker.close();
  });
  void broker.open(inbox);
  return { worker, broker, inbox };
}

describe("a broker on Node's cluster", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster().startRelay();
    expectNothingUncaught();
  });
  afterEach(cleanUp);

  it('carries messages to the other workers of its channel, and to none that has closed it', async () => {
    const [ann, bob, eve] = [open(cluster.fork()), open(cluster.fork()), open(cluster.fork(), 'other')];
    await ann.broker.publish(Buffer.from('one'));
    await bob.broker.close();
    await ann.broker.publish(Buffer.from('two'));
    expect([ann.inbox.texts, bob.inbox.texts, eve.inbox.texts]).toEqual([[], ['one'], []]);
    await expect(bob.broker.publish(Buffer.from('late'))).rejects.toMatchObject({ code: 'SERVER_CLOSED' });
  });

  it('serves several servers in one worker', async () => {
    const worker = cluster.fork();
    const [ann, bob, eve] = [open(worker), open(worker), open(cluster.fork())];
    await ann.broker.publish(Buffer.from('from ann'));
    await expect.poll(() => bob.inbox.texts).toEqual(['from ann']);
    await eve.broker.publish(Buffer.from('from eve'));
    await ann.broker.close();
    await eve.broker.publish(Buffer.from('for bob'));
    expect(ann.inbox.texts).toEqual(['from eve']);
    expect(bob.inbox.texts).toEqual(['from ann', 'from eve', 'for bob']);
    expect(eve.inbox.texts).toEqual(['from ann']);
  });

  it('lets messages wait for a relay, and for their turn', async () => {
    const late = new FakeCluster();
    const [ann, bob] = [open(late.fork()), open(late.fork())];
    const published = ann.broker.publish(Buffer.from('early'));
    clock.advance(1_000);
    late.startRelay();
    clock.advance(1_000);
    await published;
    expect(ann.inbox.problems).toEqual([expect.stringContaining('call setupPrimary() of nest-socketio in it'), null]);
    await bob.broker.publish(Buffer.from('back'));
    expect(ann.inbox.texts).toEqual(['back']);
  });

  it('notices a primary process that is stopped, and one that goes on', () => {
    const { worker, inbox } = open(cluster.fork());
    worker.inWorker.stop();
    clock.advance(10_000);
    expect(inbox.problems).toEqual(['the primary process does not answer']);
    worker.inWorker.resume();
    expect(inbox.problems.at(-1)).toBe(null);
    clock.advance(60_000);
    expect(inbox.problems).toHaveLength(2);
  });

  it('rejects what cannot be sent', async () => {
    const { worker, broker, inbox } = open(cluster.fork());
    worker.inWorker.failure = new Error('write EPIPE');
    await expect(broker.publish(Buffer.from('x'))).rejects.toThrow('write EPIPE');
    worker.inWorker.disconnect();
    await expect(broker.publish(Buffer.from('x'))).rejects.toThrow('this worker is disconnected from the primary');
    expect(inbox.problems).toEqual(['this worker is disconnected from the primary process']);

    const orphan = cluster.fork();
    orphan.inWorker.disconnect();
    expect(open(orphan).inbox.problems).toEqual(['this worker is disconnected from the primary process']);

    const without = open(new FakeCluster().fork());
    const waiting = without.broker.publish(Buffer.from('x'));
    without.worker.inWorker.disconnect();
    await expect(waiting).rejects.toThrow('this worker is disconnected');
    const closing = open(new FakeCluster().fork());
    const forgotten = closing.broker.publish(Buffer.from('x'));
    await Promise.all([closing.broker.close(), expect(forgotten).rejects.toMatchObject({ code: 'SERVER_CLOSED' })]);
  });

  it('drops messages for a worker that does not read, and notifies it of the gap', async () => {
    const [ann, bob, eve] = [open(cluster.fork()), open(cluster.fork()), open(cluster.fork())];
    bob.worker.inPrimary.stop();
    const megabyte = Buffer.alloc(1_000_000);
    for (let i = 0; i < 30; i++) await ann.broker.publish(megabyte);
    bob.worker.inPrimary.resume();
    await ann.broker.publish(Buffer.from('next'));
    expect(eve.inbox.messages).toHaveLength(31);
    expect(bob.inbox.messages).toHaveLength(17); // 16 MB
    expect(bob.inbox.texts.at(-1)).toBe('next');
    expect(bob.inbox.gaps).toBe(1);

    bob.worker.inPrimary.stop();
    await ann.broker.publish(Buffer.alloc(20_000_000)); // an idle worker gets a message of any size
    await ann.broker.publish(Buffer.from('x'));
    cluster.exit(bob.worker);
    bob.worker.inPrimary.resume();
    await ann.broker.publish(Buffer.from('bob is dead'));
    expect(eve.inbox.texts.at(-1)).toBe('bob is dead');
    expect(bob.inbox.texts.at(-1)).not.toBe('bob is dead');
  });

  it('ignores messages that are not its own', async () => {
    const [ann, bob] = [open(cluster.fork()), open(cluster.fork())];
    const foreign = [
      null,
      undefined,
      'text',
      {},
      { 'nest-socketio': 'message' },
      { 'nest-socketio': 'constructor', channel: 'chat' },
      { 'nest-socketio': 'message', channel: 'chat', bytes: { 0: 1 } },
      { 'nest-socketio': 'message', channel: 'chat' },
      { 'nest-socketio': 'bye', channel: '__proto__' },
    ];
    for (const message of foreign) {
      ann.worker.inWorker.send(message as never, () => {});
      ann.worker.inPrimary.send(message as never, () => {});
    }
    await ann.broker.publish(Buffer.from('hello'));
    expect(bob.inbox).toMatchObject({ texts: ['hello'], problems: [], gaps: 0 });
    expect(ann.inbox).toMatchObject({ texts: [], problems: [], gaps: 0 });
  });

  it('closes within a second, whatever state the primary process is in', async () => {
    const stopped = open(cluster.fork(), 'chat', systemClock);
    stopped.worker.inWorker.stop();
    const gone = open(cluster.fork(), 'chat', systemClock);
    gone.worker.inWorker.disconnect();
    const without = open(new FakeCluster().fork(), 'chat', systemClock);
    const unopened = new NodeClusterChannel(cluster.fork().inWorker, 'chat', systemClock);
    const start = performance.now();
    await Promise.all([stopped.broker, gone.broker, without.broker, unopened].map((broker) => broker.close()));
    expect(performance.now() - start).toBeLessThan(1_000);
    await stopped.broker.close();
  });
});
