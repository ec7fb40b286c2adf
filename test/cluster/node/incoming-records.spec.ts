import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Bulletin } from '../../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../../lib/cluster/bulletin/bulletin-writer.js';
import { ClusterAdapter } from '../../../lib/cluster/node/cluster-adapter.js';
import { IncomingRecords, type ReceivingNode } from '../../../lib/cluster/node/incoming-records.js';
import { encodeMessage, type MessageKind } from '../../../lib/cluster/node/messages.js';
import { Requests } from '../../../lib/cluster/node/requests.js';
import { Roster } from '../../../lib/cluster/node/roster.js';
import { EventTail } from '../../../lib/cluster/recovery/event-tail.js';
import { RecoveringClusterAdapter } from '../../../lib/cluster/recovery/recovering-cluster-adapter.js';
import { ClientReason, Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget, type ClusterHost } from '../../../lib/server/internal.js';
import { fakeHost } from './node-rig.js';

const PEER = 'peer-00001';

const WEB = { name: 'web:1', version: '1.0.0', serves: true };

const WIRE = Message.of(['2["said"]']).wire;

/** A target as messages carry it. */
const ALL = [null, []];

const NO_REASON = 'the reason of a disconnect must be a text or { code, message }';

describe('IncomingRecords', () => {
  let adapter: ClusterAdapter | undefined;
  let disconnectUser: ReturnType<typeof vi.fn<ClusterHost['disconnectUser']>>;
  let send: ReturnType<typeof vi.fn<ReceivingNode['send']>>;
  let unreadable: ReturnType<typeof vi.fn<ReceivingNode['unreadable']>>;
  let failed: ReturnType<typeof vi.fn<ReceivingNode['failed']>>;
  let node: ReceivingNode;
  let writer: BulletinWriter;

  beforeEach(() => {
    adapter = undefined;
    [disconnectUser, send, unreadable, failed] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
    make(null);
  });

  function make(tail: EventTail | null): void {
    const host = fakeHost({ adapterOf: (name) => (name === '/' ? adapter : undefined), disconnectUser });
    node = {
      id: 'node-00001',
      host,
      introduction: { ...WEB, name: 'own:1' },
      roster: new Roster(host.clock, () => {}),
      requests: new Requests(host.clock),
      tail,
      send,
      otherHistory: vi.fn(),
      left: (id, inSilence) => node.requests.left(id, inSilence),
      failed,
      unreadable,
    };
    writer = new BulletinWriter(PEER, 0);
  }

  /** Makes an adapter with these methods the one of `/`. */
  function fakeAdapter<M extends Partial<RecoveringClusterAdapter>>(
    kind: { prototype: ClusterAdapter },
    methods: M,
  ): M {
    adapter = Object.assign(Object.create(kind.prototype) as ClusterAdapter, methods);
    return methods;
  }

  /** Receives what the writer has. */
  function receive(sameCodec = true): void {
    const bytes = writer.take();
    const bulletin = Bulletin.read(bytes);
    node.roster.arrived(PEER, bulletin.sequence);
    node.tail?.append('1', bulletin, bytes.length);
    bulletin.visit(new IncomingRecords(node).visitorOf(PEER, sameCodec));
  }

  function hear(kind: string, ...args: readonly unknown[]): void {
    writer.message(encodeMessage(kind as MessageKind, args));
    receive();
  }

  function errors(): string[] {
    return unreadable.mock.calls.map(([error]) => String(error));
  }

  describe('of broadcasts', () => {
    it('go to the adapter of their namespace', () => {
      const { receive: received } = fakeAdapter(ClusterAdapter, { receive: vi.fn() });
      writer.broadcast('/', BroadcastTarget.everybody, false, WIRE);
      writer.broadcast('/unknown', BroadcastTarget.everybody, false, WIRE);
      receive();
      expect(received).toHaveBeenCalledOnce();
      expect(received).toHaveBeenCalledWith(expect.objectContaining({ namespace: '/', wire: WIRE }), PEER);
      expect(errors()).toEqual([]);
    });

    it('go there with their offset if the engine keeps them', () => {
      make(new EventTail('node-00001', fakeHost().clock, { bytes: 1_000, age: 1_000 }));
      const { receiveKept } = fakeAdapter(RecoveringClusterAdapter, { receiveKept: vi.fn() });
      writer.broadcast('/', BroadcastTarget.everybody, true, WIRE);
      receive();
      expect(receiveKept).toHaveBeenCalledWith(expect.objectContaining({ event: 1 }), PEER, node.tail?.current);
    });

    it('have no effect in another codec', () => {
      const { receive: received } = fakeAdapter(ClusterAdapter, { receive: vi.fn() });
      writer.broadcast('/', BroadcastTarget.everybody, false, WIRE);
      writer.message(encodeMessage('user', ['ann', { code: 'a', message: 'b' }]));
      receive(false);
      expect(received).not.toHaveBeenCalled();
      expect(errors()).toEqual([expect.stringContaining('another option "parser" or "json"')]);
      expect(disconnectUser).toHaveBeenCalledOnce(); // messages are the same in all codecs
    });

    it('are handled although one before them failed', () => {
      const received = vi.fn<ClusterAdapter['receive']>(() => {});
      received.mockImplementationOnce(() => {
        throw new Error('malformed');
      });
      fakeAdapter(ClusterAdapter, { receive: received });
      for (let i = 0; i < 2; i++) writer.broadcast('/', BroadcastTarget.everybody, false, WIRE);
      receive();
      expect(received).toHaveBeenCalledTimes(2);
      expect(errors()).toEqual(['Error: malformed']);
    });
  });

  describe('of messages', () => {
    it('introduce a node, which gets an introduction if it asks for one', () => {
      hear('hello', WEB, false);
      expect(node.roster.nodes).toEqual([{ id: PEER, ...WEB, age: 0 }]);
      expect(send).not.toHaveBeenCalled();
      hear('hello', { name: 'web:1', version: '1.0.0' }, true); // of a version without `serves`
      expect(send.mock.calls).toEqual([['hello', node.introduction, false]]);
      expect(node.roster.serving).toEqual([PEER]);
    });

    it('end a node, and its part in open questions', () => {
      hear('hello', WEB, false);
      node.requests.settle([PEER]);
      const done = vi.fn();
      node.requests.open([PEER], 1_000, done);
      hear('bye');
      expect(node.roster.nodes).toEqual([]);
      expect(done).toHaveBeenCalledWith({ answers: [], silent: [] });
    });

    it('call the adapter of their namespace', () => {
      const methods = {
        receiveJoin: vi.fn(),
        receiveLeave: vi.fn(),
        receiveDisconnect: vi.fn(),
        receiveServerSideEmit: vi.fn(),
        answer: vi.fn(),
      };
      fakeAdapter(ClusterAdapter, methods);
      hear('join', '/', ALL, ['a']);
      hear('leave', '/', ALL, ['b']);
      hear('drop', '/', ALL, true, { code: 'kicked', message: 'Kicked' });
      hear('drop', '/', ALL, 1, null);
      hear('servers', '/', ['ping']);
      hear('ask', 7, 'count', '/', ALL);
      for (const kind of ['join', 'leave', 'drop', 'servers'] as const) hear(kind, '/unknown', ALL, ['a']);
      expect(methods.receiveJoin.mock.calls).toEqual([[ALL, ['a']]]);
      expect(methods.receiveLeave.mock.calls).toEqual([[ALL, ['b']]]);
      expect(methods.receiveDisconnect.mock.calls).toEqual([
        [ALL, true, new ClientReason('kicked', 'Kicked')],
        [ALL, false, undefined],
      ]);
      expect(methods.receiveServerSideEmit.mock.calls).toEqual([[['ping']]]);
      expect(methods.answer.mock.calls).toEqual([['count', [ALL], expect.any(Function)]]);
      expect(errors()).toEqual([]);
    });

    it('end the sessions that another node has taken', () => {
      const { sessionTaken } = fakeAdapter(RecoveringClusterAdapter, { sessionTaken: vi.fn() });
      hear('taken', '/', 'pid');
      expect(sessionTaken).toHaveBeenCalledWith('pid');
      fakeAdapter(ClusterAdapter, {});
      hear('taken', '/', 'pid');
      expect(errors()).toEqual([]);
    });

    it('are answered, with nothing if the answer cannot be encoded', () => {
      fakeAdapter(ClusterAdapter, { answer: (_subject, [content], answer) => answer(content) });
      hear('ask', 7, 'count', '/', 3);
      expect(send.mock.calls).toEqual([['answer', PEER, 7, 3]]);
      send.mockClear().mockImplementationOnce(() => {
        throw new Error('too deep');
      });
      hear('ask', 8, 'count', '/', 3);
      expect(send.mock.calls.at(-1)).toEqual(['answer', PEER, 8]);
      expect(failed).toHaveBeenCalledWith('answering another server', new Error('too deep'));
      hear('ask', 9, 'count', '/unknown', 3);
      expect(send.mock.calls.at(-1)).toEqual(['answer', PEER, 9]);
    });

    it('answer the questions of this node only', () => {
      node.requests.settle([PEER]);
      const done = vi.fn();
      const question = node.requests.open([PEER], 1_000, done);
      hear('answer', 'another-01', question, 5);
      expect(done).not.toHaveBeenCalled();
      hear('answer', node.id, question, 7);
      expect(done).toHaveBeenCalledWith({ answers: [[7]], silent: [] });
    });

    it.each([
      ['hello', [null, true], 'a node must introduce itself'],
      ['hello', [{ name: 'web:1' }, true], 'a node must introduce itself'],
      ['hello', [{ version: '1.0.0' }, true], 'a node must introduce itself'],
      ['user', [7, { code: 'a', message: 'b' }], 'the id of a user must be a text'],
      ['user', ['ann', 7], NO_REASON],
      ['drop', ['/', ALL, true, 7], NO_REASON],
      ['join', ['/', ALL, 'a'], 'rooms must be texts'],
    ])('have no effect if they are malformed: %s %j', (kind, args, message) => {
      fakeAdapter(ClusterAdapter, { receiveDisconnect: vi.fn() });
      hear(kind, ...args);
      expect(errors()).toEqual([expect.stringContaining(message)]);
      expect(node.roster.nameOf(PEER)).toBe(PEER); // it is not introduced
      expect(disconnectUser).not.toHaveBeenCalled();
      expect(send).not.toHaveBeenCalled();
    });

    it.each(['weather', 'toString', '__proto__'])('are ignored if their kind is unknown: %s', (kind) => {
      hear(kind, '/', ALL);
      expect(errors()).toEqual([]);
      expect(send).not.toHaveBeenCalled();
    });
  });
});
