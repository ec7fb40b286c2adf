import { describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  CONNECTION_TRANSITIONS,
  type ConnectionTransition,
  type ConnectionState,
} from '../../../lib/engine/connection/connection-state.js';

const CELLS: [ConnectionState, ConnectionTransition, ConnectionState | undefined][] = [
  ['opening', 'opened', 'open'],
  ['opening', 'ended', 'closing'],
  ['opening', 'gone', 'closed'],
  ['open', 'opened', undefined],
  ['open', 'ended', 'closing'],
  ['open', 'gone', 'closed'],
  ['closing', 'opened', undefined],
  ['closing', 'ended', undefined],
  ['closing', 'gone', 'closed'],
  ['closed', 'opened', undefined],
  ['closed', 'ended', undefined],
  ['closed', 'gone', undefined],
];

describe('CONNECTION_TRANSITIONS', () => {
  it.each(CELLS)('leads from %s by %s to %s', (state, event, next) => {
    expect(CONNECTION_TRANSITIONS[state][event]).toBe(next);
  });

  it('has no other cell', () => {
    const cells = Object.entries(CONNECTION_TRANSITIONS).flatMap(([state, row]) =>
      Object.entries(row).map(([event, next]) => [state, event, next]),
    );
    expect(cells).toEqual(CELLS.filter(([, , next]) => next !== undefined));
    expect(Object.keys(CONNECTION_TRANSITIONS)).toEqual(['opening', 'open', 'closing', 'closed']);
  });
});

describe('CLOSE_CODES', () => {
  it('closes for each reason as RFC 6455 has it, and cuts off who does not answer', () => {
    expect(CLOSE_CODES).toEqual({
      'transport close': 1000,
      'transport error': 1002,
      'ping timeout': null,
      'parse error': 1002,
      'forced close': 1000,
      'server shutting down': 1001,
    });
  });
});
