/**
 * The tickets with which a page enters its namespace. A guard of HTTP routes cannot decide on a CONNECT of Socket.IO, so
 * a route behind the guard issues a ticket, which the page sends with its CONNECT. A ticket is random, is valid once,
 * and expires soon.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../engine/internal.js';

/** The person that a ticket was issued to. */
export interface Visitor {
  /** The id of the user, if the guard has found one out. */
  readonly user: string | null;
  readonly address: string;
}

/** ms in which a page must enter with its ticket. */
const LIFETIME = 30_000;

/** Tickets that are kept. A visitor that requests more makes those of others void, so their number must be large. */
const MAX_TICKETS = 1_000;

/** 24 random bytes in base64url. */
const TICKET = /^[\w-]{32}$/;

export class Tickets {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #open = new Map<string, { readonly visitor: Visitor; readonly expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a value from a client looks like a ticket. */
  static isTicket(value: unknown): value is string {
    return typeof value === 'string' && TICKET.test(value);
  }

  issue(visitor: Visitor): string {
    const ticket = randomBytes(24).toString('base64url');
    const now = this.#clock.now();
    for (const [oldest, { expiresAt }] of this.#open) {
      if (expiresAt > now && this.#open.size < MAX_TICKETS) break;
      this.#open.delete(oldest);
    }
    this.#open.set(ticket, { visitor, expiresAt: now + LIFETIME });
    return ticket;
  }

  /** Uses a ticket up. @returns `null` if it was not issued here, was used, or has expired */
  take(ticket: string): Visitor | null {
    const found = this.#open.get(ticket);
    this.#open.delete(ticket);
    return found !== undefined && found.expiresAt > this.#clock.now() ? found.visitor : null;
  }
}
