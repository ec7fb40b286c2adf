/**
 * Appends broadcasts to a bulletin, and reads those of another server for rooms without members here, compared with
 * `@socket.io/redis-adapter`. That adapter ignores a broadcast to one room by the name of its channel, and unpacks a
 * broadcast to several rooms.
 */
import { createRequire } from 'node:module';
import { EventEmitter } from 'node:events';
import { createAdapter } from '@socket.io/redis-adapter';
import { Bulletin } from '../../../dist/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../../dist/cluster/bulletin/bulletin-writer.js';
import { Message } from '../../../dist/engine/internal.js';
import { encode } from '../../../dist/protocol/internal.js';
import { BroadcastTarget } from '../../../dist/server/internal.js';
import { HEARD, textOf } from '../wire.mjs';

const notepack = createRequire(import.meta.resolve('@socket.io/redis-adapter'))('notepack.io');

/** Broadcasts in a bulletin: those of one turn. */
const RECORDS = 100;

const packet = { type: 2, nsp: '/', data: [HEARD, textOf(0, 0)] };

/** Rooms of other servers, each with broadcasts to it. */
const targets = (count) =>
  Array.from({ length: RECORDS }, (_, i) => Array.from({ length: count }, (_, j) => `room-${1_000 + i}-${j}`));

function ours(count) {
  const writer = new BulletinWriter('node-00001', 0);
  for (const rooms of targets(count)) {
    writer.broadcast('/', BroadcastTarget.of(rooms, [], {}), true, Message.of(encode(packet)).wire);
  }
  const bytes = writer.take();
  const members = new Map([['room-1', new Set()]]);
  let found = 0;
  const visitor = {
    broadcast({ target: { rooms } }) {
      for (const room of rooms) if (members.has(room)) found++;
    },
  };
  return () => {
    Bulletin.read(bytes).visit(visitor);
    return found;
  };
}

function theirs(count) {
  const client = Object.assign(new EventEmitter(), { psubscribe() {}, subscribe() {} });
  const namespace = { name: '/', server: { encoder: { encode: (packet) => [encode(packet)] } }, sockets: new Map() };
  const adapter = createAdapter(client, client)(namespace);
  const messages = targets(count).map((rooms) => [
    Buffer.from(`socket.io#/#${count === 1 ? `${rooms[0]}#` : ''}`),
    notepack.encode(['sender', packet, { rooms, except: [], flags: {} }]),
  ]);
  return () => {
    for (const [channel, message] of messages) adapter.onmessage(null, channel, message);
  };
}

function writing() {
  const writer = new BulletinWriter('node-00001', 0);
  const all = targets(1).map((rooms) => BroadcastTarget.of(rooms, [], {}));
  const { wire } = Message.of(encode(packet));
  return () => {
    for (const target of all) writer.broadcast('/', target, true, wire);
    return writer.take();
  };
}

function packing() {
  const all = targets(1);
  return () => all.map((rooms) => notepack.encode(['sender', packet, { rooms, except: [], flags: {} }]));
}

export const bulletin = [
  { name: `append ${RECORDS} broadcasts to a bulletin, or pack them`, ours: writing(), theirs: packing() },
  { name: `skip ${RECORDS} broadcasts, each to an absent room`, ours: ours(1), theirs: theirs(1) },
  { name: `skip ${RECORDS} broadcasts, each to two absent rooms`, ours: ours(2), theirs: theirs(2) },
];
