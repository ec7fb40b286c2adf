import { describe, expect, it } from 'vitest';
import { isServerReport } from '../../../lib/server/explain/server-report.js';

describe('a report of another server', () => {
  const report = { server: 'a:1', journalSince: null, clients: [], emits: [], otherNamespaces: [] };
  const client = { id: '1', rooms: ['a'], changes: [], drops: [] };
  const emit = { at: 1, event: 'say', rooms: null, excepted: [] };

  it('must have its shape', () => {
    expect(isServerReport({ ...report, clients: [client], emits: [emit, { ...emit, rooms: ['a'] }] })).toBe(true);
  });

  it.each([
    undefined,
    null,
    'report',
    { ...report, server: 1 },
    { ...report, journalSince: '1' },
    { ...report, clients: {} },
    { ...report, clients: [{ ...client, id: 1 }] },
    { ...report, clients: [{ ...client, rooms: [1] }] },
    { ...report, clients: [{ ...client, changes: null }] },
    { ...report, emits: [{ ...emit, at: '1' }] },
    { ...report, emits: [{ ...emit, rooms: 'a' }] },
    { ...report, emits: [null] },
  ])('is refused if it is %j', (value) => {
    expect(isServerReport(value)).toBe(false);
  });
});
