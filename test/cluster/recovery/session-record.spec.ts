import { describe, expect, it } from 'vitest';
import { Offset } from '../../../lib/cluster/recovery/offset.js';
import { decodeSession, encodeSession, type SessionRecord } from '../../../lib/cluster/recovery/session-record.js';

const at = (own: number): Offset => new Offset('node-00001', own, '7', 0);

const RECORD: SessionRecord = {
  node: 'node-00001',
  sid: 'ann',
  rooms: ['ann', 'den'],
  data: { name: 'Ann' },
  userId: '7',
  expiresAt: 1_700_000_000_000,
  known: at(1),
  from: at(2),
  sent: at(3),
  asOf: at(4),
  joined: new Map([['den', at(2)]]),
  had: new Map([['node-00002', 5]]),
};

describe('a session record', () => {
  it('is written as JSON and read back', () => {
    const bytes = encodeSession(RECORD);
    expect(JSON.parse(bytes.toString())).toEqual({
      node: 'node-00001',
      sid: 'ann',
      rooms: ['ann', 'den'],
      data: { name: 'Ann' },
      userId: '7',
      expiresAt: 1_700_000_000_000,
      known: 'node-00001.1.0.7',
      from: 'node-00001.2.0.7',
      sent: 'node-00001.3.0.7',
      asOf: 'node-00001.4.0.7',
      joined: [['den', 'node-00001.2.0.7']],
      had: [['node-00002', 5]],
    });
    expect(String(decodeSession(bytes)?.asOf)).toBe('node-00001.4.0.7');
    expect(decodeSession(bytes)?.joined.get('den')?.own).toBe(2);
    expect(decodeSession(bytes)?.had).toEqual(RECORD.had);
  });

  it('leaves out a room whose place cannot be read', () => {
    const text = encodeSession(RECORD).toString().replace('["den","node-00001.2.0.7"]', '["den","?"]');
    expect(decodeSession(Buffer.from(text))?.joined.size).toBe(0);
  });

  it.each(['', 'news', '{}', '[]', 'null', '{"sid":"ann","node":"n"}', '{"sid":"ann","node":"n","known":"?"}'])(
    'does not read %j',
    (text) => {
      expect(decodeSession(Buffer.from(text))).toBeNull();
    },
  );

  it('throws if the data cannot be written', () => {
    const data: Record<string, unknown> = {};
    data['self'] = data;
    expect(() => encodeSession({ ...RECORD, data })).toThrow('circular');
  });
});
