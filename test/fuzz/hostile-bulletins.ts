/** Messages on the channel between servers: valid bulletins, altered as a whole or within a record. */
import { BulletinWriter } from '../../lib/cluster/bulletin/bulletin-writer.js';
import { Message } from '../../lib/engine/internal.js';
import { encode } from '../../lib/protocol/internal.js';
import { BroadcastTarget } from '../../lib/server/internal.js';
import { mutatedBytes } from '../support/mutations.js';
import { type Choices, packetOf } from '../support/packets.js';

const HEADER_LENGTH = 26;
const RECORD_HEADER_LENGTH = 5;

export function hostileBulletin(choices: Choices): Buffer {
  const records = choices.times(choices.below(5), () => hostileRecord(choices));
  const bytes = Buffer.concat([new BulletinWriter('node-00001', choices.below(256)).take(), ...records]);
  return choices.below(3) === 0 ? mutatedBytes(bytes, choices) : bytes;
}

/** A record whose length is right, whatever its body is. */
function hostileRecord(choices: Choices): Buffer {
  const writer = new BulletinWriter('node-00001', 0);
  const packet = encode(packetOf(choices));
  if (choices.below(4) === 0) writer.message(packet);
  else {
    const rooms = choices.of([null, [], ['a'], ['a', 'é', ''], ['r'.repeat(300)]]);
    const excepted = choices.of([[], ['a'], Array<string>(260).fill('')]);
    const target = BroadcastTarget.of(rooms, excepted, choices.of([{}, { volatile: true }, { latest: 'a' }]));
    writer.broadcast(choices.of(['/', '/a', '', '/é']), target, choices.below(2) === 0, Message.of(packet).wire);
  }
  const record = writer.take().subarray(HEADER_LENGTH);
  if (choices.below(2) === 0) return record;
  const body = mutatedBytes(record.subarray(RECORD_HEADER_LENGTH), choices);
  const head = Buffer.alloc(RECORD_HEADER_LENGTH);
  head[0] = choices.of([record[0] as number, 1, 2, 3, 4]);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
