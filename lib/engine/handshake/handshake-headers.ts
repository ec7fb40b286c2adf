/** Headers that the application adds to the answer of a handshake: only sound ones get on the wire. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Log } from '../log.js';

/** Headers by name, some of them on several lines. */
export type HandshakeHeaders = Record<string, string | string[]>;

/** Adds a cookie beside those that are there. */
export function addCookie(headers: HandshakeHeaders, cookie: string): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'set-cookie') ?? 'Set-Cookie';
  headers[name] = [...[headers[name] ?? []].flat(), cookie];
}

/** What may be sent of it; what may not is left out and logged. */
export function soundHeaders(headers: HandshakeHeaders, logger: Log): [name: string, value: string | string[]][] {
  return Object.entries(headers).filter(([name, value]) => {
    try {
      validateHeaderName(name);
      for (const line of [value].flat()) validateHeaderValue(name, line);
      return true;
    } catch (error) {
      logger.error('left out a header that a listener of the engine added', error);
      return false;
    }
  });
}
