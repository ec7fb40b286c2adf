import { describe, expect, it } from 'vitest';
import { Tickets } from '../../../lib/nest/admin/tickets.js';
import { ManualClock } from '../../support/manual-clock.js';

const ALICE = { user: 'alice', address: '10.0.0.7' };

describe('tickets', () => {
  it('are valid once', () => {
    const tickets = new Tickets(new ManualClock());
    const ticket = tickets.issue(ALICE);
    expect(Tickets.isTicket(ticket)).toBe(true);
    expect(tickets.take(ticket)).toEqual(ALICE);
    expect(tickets.take(ticket)).toBeNull();
    expect(tickets.take('x')).toBeNull();
  });

  it('expire after 30 seconds', () => {
    const clock = new ManualClock();
    const tickets = new Tickets(clock);
    const [early, late] = [tickets.issue(ALICE), tickets.issue(ALICE)];
    clock.advance(29_999);
    expect(tickets.take(early)).toEqual(ALICE);
    clock.advance(1);
    expect(tickets.take(late)).toBeNull();
  });

  it('differ, and at most 1,000 are kept', () => {
    const tickets = new Tickets(new ManualClock());
    const issued = Array.from({ length: 1_001 }, () => tickets.issue(ALICE));
    expect(new Set(issued).size).toBe(1_001);
    const [oldest, next] = issued as [string, string];
    expect(tickets.take(oldest)).toBeNull();
    expect(tickets.take(next)).toEqual(ALICE);
  });

  it.each([undefined, 7, {}, ['x'], '', 'x'.repeat(31), `${'x'.repeat(31)}\n`])('do not look like %j', (value) => {
    expect(Tickets.isTicket(value)).toBe(false);
  });
});
