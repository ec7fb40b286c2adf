/**
 * Nest waits for every open HTTP response before it ends: a stream of events that its client never leaves
 * would keep the application for ever. What is open after the deadline is cut off.
 */
import type { Server as HttpServer } from 'node:http';
import type { Clock, Log } from '../engine/index.js';
import { messages } from './messages.js';

/** @param timeout ms from now, just before the HTTP server is closed */
export function limitClosing(http: HttpServer, timeout: number, clock: Clock, log: Log): void {
  if (!http.listening) return;
  const deadline = clock.after(timeout, () => {
    log.warn(messages.httpStillOpen(timeout));
    http.closeAllConnections();
  });
  http.once('close', () => deadline.cancel());
}
