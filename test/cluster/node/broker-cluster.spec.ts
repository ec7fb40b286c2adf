import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerCluster } from '../../../lib/cluster/node/broker-cluster.js';
import { HEARTBEAT, SILENCE } from '../../../lib/cluster/node/roster.js';
import { ownVersion } from '../../../lib/cluster/own-version.js';
import { BroadcastTarget, type ClusterHost, type Instruments } from '../../../lib/server/internal.js';
import { ClientReason, Message } from '../../../lib/engine/internal.js';
import { turn } from '../../support/engine-rig.js';
import { deferred } from '../../support/server-rig.js';
import { FakeBroker, type FakeHost, fakeHost, Peer } from './node-rig.js';

const WEB = { name: 'web:1', version: '1.0.0', serves: true };

const WIRE = Message.of(['2["said"]']).wire;

describe('BrokerCluster', () => {
  let broker: FakeBroker;
  let host: FakeHost;
  let cluster: BrokerCluster;

  beforeEach(() => {
    broker = new FakeBroker();
    make();
  });

  afterEach(() => vi.restoreAllMocks());

  function make(options: Partial<ClusterHost> = {}): void {
    host = fakeHost(options);
    cluster = new BrokerCluster(broker, 'scope', host);
  }

  /** Connects, and forgets the introduction. */
  async function open(): Promise<void> {
    await cluster.open();
    await turn();
    broker.published.splice(0);
  }

  /** Advances the clock, and resolves when what became due has been published. */
  async function advance(ms: number): Promise<void> {
    host.clock.advance(ms);
    await turn();
  }

  /** The number of timers that run on, apart from that of the link, which is closed with the server. */
  function timersLeft(): number {
    host.link.close();
    host.clock.advance(5_000);
    return host.clock.timers;
  }

  describe('when it opens', () => {
    it('introduces itself, and asks the others to', async () => {
      make({ serves: false });
      await cluster.open();
      await turn();
      const [own] = cluster.nodes;
      expect(own).toMatchObject({ id: cluster.id, version: ownVersion(), serves: false, age: 0 });
      expect(broker.messages).toEqual([['hello', { name: own?.name, version: ownVersion(), serves: false }, true]]);
    });

    it('connects once', async () => {
      const create = vi.spyOn(broker, 'create');
      await Promise.all([cluster.open(), cluster.open()]);
      expect(create).toHaveBeenCalledOnce();
    });

    it('is degraded until it is connected', async () => {
      const connected = deferred();
      broker.opened = connected.promise;
      expect(cluster.health.degraded).toBe('the broker is not connected yet');
      const opened = cluster.open();
      await turn();
      expect(cluster.health.degraded).toBe('the broker is not connected yet');
      connected.resolve();
      await opened;
      expect(cluster.health).toMatchObject({ degraded: null, dropped: 0, failed: 0, unreadable: 0, missed: 0 });
    });

    it('keeps bulletins until the broker is created', async () => {
      cluster.broadcast('/', BroadcastTarget.everybody, WIRE);
      await turn();
      expect(broker.messages).toEqual([]);
      await cluster.open();
      await turn();
      expect(broker.messages.map(([kind]) => kind)).toEqual(['broadcast', 'hello']);
    });

    it('passes on that the broker cannot be used', async () => {
      broker.opened = Promise.reject(new Error('wrong password'));
      await expect(cluster.open()).rejects.toThrow('wrong password');
    });
  });

  describe('sends', () => {
    beforeEach(open);

    it('what one turn has in one bulletin', async () => {
      cluster.broadcast('/', BroadcastTarget.everybody, WIRE);
      cluster.disconnectUser('ann', new ClientReason('a', 'b'));
      cluster.broadcast('/chat', BroadcastTarget.everybody, WIRE);
      await turn();
      expect(broker.published).toHaveLength(1);
      expect(broker.messages).toEqual([
        ['broadcast', '/'],
        ['user', 'ann', { code: 'a', message: 'b' }],
        ['broadcast', '/chat'],
      ]);
    });

    it('a large bulletin before the turn ends', async () => {
      cluster.broadcast('/', BroadcastTarget.everybody, Message.of(['x'.repeat(600_000)]).wire);
      expect(broker.published).toHaveLength(1);
      await turn();
      expect(broker.published).toHaveLength(1);
    });

    it('a heartbeat if there is nothing else', async () => {
      await advance(HEARTBEAT); // the introduction was sent in this time
      expect(broker.messages).toEqual([]);
      await advance(HEARTBEAT);
      expect(broker.messages).toEqual([['beat']]);
      cluster.disconnectUser('ann', new ClientReason('a', 'b'));
      await advance(HEARTBEAT);
      await advance(HEARTBEAT);
      expect(broker.messages.map(([kind]) => kind)).toEqual(['beat', 'user']);
    });

    it('on after a failure, which it counts and logs once a minute', async () => {
      broker.publish = () => Promise.reject(new Error('full'));
      for (let count = 0; count < 3; count++) {
        cluster.broadcast('/', BroadcastTarget.everybody, WIRE);
        await turn();
      }
      expect(cluster.health.failed).toBe(3);
      expect(host.log.errors).toEqual([[expect.stringContaining('the other servers'), new Error('full')]]);
    });
  });

  describe('hears', () => {
    let peer: Peer;

    beforeEach(async () => {
      await open();
      peer = new Peer('peer-00001', broker);
    });

    it('introductions, and answers those that ask for its own', async () => {
      peer.say('hello', WEB, false);
      await turn();
      expect(broker.messages).toEqual([]);
      expect(cluster.nodes[1]).toEqual({ id: 'peer-00001', ...WEB, age: 0 });
      expect(cluster.serverCount).toBe(2);
      peer.say('hello', WEB, true);
      await turn();
      expect(broker.messages).toEqual([['hello', expect.objectContaining({ serves: true }), false]]);
    });

    it('that another node has another option "history", and warns', async () => {
      const one = { size: 5, ttl: 10, keys: 1 };
      const withHistory = (events: string[]): Partial<ClusterHost> => ({
        history: new Map([
          ['/a', { ...one, events: null }],
          ['/b', { ...one, events: new Set(events) }],
        ]),
      });
      make(withHistory(['said', 'left']));
      const { introduction } = cluster;
      expect(introduction.history).toBe('["/a",null,5,10,1],["/b",["left","said"],5,10,1]');
      expect(cluster.nodes[0]).not.toHaveProperty('history');
      make(withHistory(['left', 'said']));
      await open();
      const peer = new Peer('peer-00001', broker);
      peer.say('hello', { ...WEB, history: introduction.history }, false);
      expect(host.log.warnings).toEqual([]);
      peer.say('hello', WEB, false);
      expect(host.log.warnings).toEqual([
        'all servers and workers must have the same option "history", but that of web:1 differs from the one here, so ' +
          'rooms may lack events: pass the same value to SocketIoModule and SocketIoEmitterModule everywhere',
      ]);
    });

    it('a stranger, which it asks for its introduction', async () => {
      peer.say('beat');
      await turn();
      expect(broker.messages).toEqual([['hello', expect.objectContaining({ serves: true }), true]]);
      expect(cluster.nodes[1]).toMatchObject({ name: 'peer-00001', version: 'unknown' });
    });

    it('nothing from itself, and nothing twice', async () => {
      const disconnectUser = vi.fn<ClusterHost['disconnectUser']>();
      make({ disconnectUser });
      await open();
      cluster.disconnectUser('ann', new ClientReason('a', 'b'));
      await turn();
      cluster.received(broker.published[0] as Buffer);
      expect(disconnectUser).not.toHaveBeenCalled();
      peer.say('hello', WEB, false);
      peer.writer.message('2["user","bob",{"code":"a","message":"b"}]');
      const bytes = peer.writer.take();
      cluster.received(bytes);
      cluster.received(bytes);
      expect(disconnectUser.mock.calls).toEqual([['bob', new ClientReason('a', 'b')]]);
    });

    it('that bulletins are missing', () => {
      peer.say('hello', WEB, false);
      peer.writer.message('2["beat"]');
      peer.writer.take();
      peer.say('beat');
      expect(cluster.health.missed).toBe(1);
      expect(host.log.warnings).toEqual(['messages of other servers did not arrive, 1 so far']);
    });

    it('a question on a namespace that it does not have, and answers at once', async () => {
      peer.say('hello', WEB, false);
      peer.say('ask', 7, 'sockets', '/unknown', [null, []]);
      await turn();
      expect(broker.messages).toEqual([['answer', 'peer-00001', 7]]);
    });

    it('unreadable bytes, which it counts and logs once a minute', async () => {
      cluster.received(Buffer.from('hello'));
      cluster.received(Buffer.from('hello'));
      expect(cluster.health.unreadable).toBe(2);
      expect(host.log.warnings).toEqual([expect.stringContaining('a message from the broker was ignored: ')]);
      host.clock.advance(61_000);
      cluster.received(Buffer.from('hello'));
      expect(host.log.warnings).toHaveLength(2);
    });

    it('an event whose trace context it cannot read, which it counts', async () => {
      const delivered: [string, number][] = [];
      const instruments = {
        tracer: null,
        deliver: (context: Uint8Array, namespace: string, run: () => void) => {
          delivered.push([namespace, context.length]);
          run();
          return context.length === 26;
        },
      };
      make({ instruments: instruments as unknown as Instruments });
      await open();
      const peer = new Peer('peer-00001', broker);
      for (const length of [25, 26]) {
        peer.writer.context(new Uint8Array(length));
        peer.say('servers', '/', ['event']);
      }
      expect(delivered).toEqual([
        ['/', 25],
        ['/', 26],
      ]);
      expect(cluster.health.unreadable).toBe(1);
      expect(host.log.warnings).toEqual([
        'a message from the broker was ignored: TypeError: the context of a trace must have 26 bytes',
      ]);
    });

    it('that its connection is lost, and back', () => {
      cluster.connection('Redis is away');
      cluster.connection('Redis is away');
      expect(cluster.health.degraded).toBe('Redis is away');
      expect(host.log.warnings).toEqual(['Redis is away: the clients of other servers are not reached']);
      cluster.connection(null);
      expect(cluster.health.degraded).toBeNull();
    });

    it('that messages may be missing, without harm', () => {
      cluster.gap();
      expect(cluster.health.missed).toBe(0);
    });
  });

  describe('asks', () => {
    let peer: Peer;

    beforeEach(async () => {
      await open();
      peer = new Peer('peer-00001', broker);
      peer.say('hello', WEB, false);
    });

    it('all servers, and resolves with their answers', async () => {
      await advance(200);
      const asked = cluster.ask(1_000, 'count', '/', [null, []]);
      await turn();
      const [, question] = broker.messages[0] as [string, number];
      expect(broker.messages).toEqual([['ask', question, 'count', '/', [null, []]]]);
      peer.say('answer', 'another-01', question, 5);
      peer.say('answer', cluster.id, question, 7);
      expect(await asked).toEqual({ answers: [[7]], silent: [] });
    });

    it('no node if it is alone', async () => {
      await advance(200);
      peer.say('bye');
      expect(await cluster.ask(1_000, 'count')).toEqual({ answers: [], silent: [] });
      make();
      expect(await cluster.ask(1_000, 'count')).toEqual({ answers: [], silent: [] }); // is not connected
    });

    it('also those that it does not know yet, just after it was opened', async () => {
      peer.say('bye');
      const asked = cluster.ask(1_000, 'count');
      await turn();
      const [, question] = broker.messages[0] as [string, number];
      peer.say('hello', WEB, false);
      peer.say('answer', cluster.id, question, 7);
      await advance(200);
      expect(await asked).toEqual({ answers: [[7]], silent: [] });
    });

    it('in vain, and names those that are silent', async () => {
      await advance(200);
      const asked = cluster.ask(1_000, 'count');
      await advance(1_000);
      expect(await asked).toEqual({ answers: [], silent: ['web:1'] });
    });

    it('until a node has vanished', async () => {
      await advance(200);
      const asked = cluster.ask(60_000, 'count');
      for (let time = 0; time < SILENCE + HEARTBEAT; time += HEARTBEAT) await advance(HEARTBEAT);
      expect(await asked).toEqual({ answers: [], silent: ['web:1'] });
      expect(host.log.warnings).toEqual([expect.stringContaining('silent for too long: web:1')]);
    });
  });

  describe('when it closes', () => {
    it('says goodbye, and closes the broker once', async () => {
      await open();
      await cluster.close();
      await cluster.close();
      expect(broker.messages).toEqual([['bye']]);
      expect(broker.closed).toBe(1);
      expect(timersLeft()).toBe(0);
    });

    it('does not wait long for a broker that takes nothing', async () => {
      await open();
      broker.publish = () => new Promise(() => {});
      const closed = cluster.close();
      await turn();
      expect(broker.closed).toBe(0);
      host.clock.advance(1_000);
      await closed;
      expect(broker.closed).toBe(1);
    });

    it('ends questions, and is deaf', async () => {
      await open();
      const peer = new Peer('peer-00001', broker);
      peer.say('hello', WEB, false);
      await advance(200);
      const asked = cluster.ask(1_000, 'count');
      await cluster.close();
      expect((await asked).silent).toHaveLength(1);
      peer.say('hello', WEB, true);
      expect(cluster.nodes).toHaveLength(1);
      cluster.connection('Redis is away');
      expect(host.log.warnings).toEqual([]);
      expect(await cluster.ask(1_000, 'count')).toEqual({ answers: [], silent: [] });
    });

    it('does so while it is opening, or before', async () => {
      await cluster.close();
      await cluster.open();
      expect(broker.closed).toBe(1);
      expect(broker.listener).toBeNull();
      make();
      const connected = deferred();
      broker.opened = connected.promise;
      const opened = cluster.open();
      await turn();
      await cluster.close();
      connected.resolve();
      await opened;
      expect(broker.closed).toBe(2);
      expect(timersLeft()).toBe(0);
    });
  });
});
