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
  it.each(CELLS)('leads from %s by %s to %s', (state, transition, next) => {
    expect(CONNECTION_TRANSITIONS[state][transition]).toBe(next);
  });

  it('has no other cell', () => {
    const cells = Object.entries(CONNECTION_TRANSITIONS).flatMap(([state, row]) =>
      Object.entries(row).map(([transition, next]) => [state, transition, next]),
    );
    expect(cells).toEqual(CELLS.filter(([, , next]) => next !== undefined));
    expect(Object.keys(CONNECTION_TRANSITIONS)).toEqual(['opening', 'open', 'closing', 'closed']);
  });
});

describe('CLOSE_CODES', () => {
  it('have a code of RFC 6455 for each reason, and terminate clients that do not answer', () => {
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
