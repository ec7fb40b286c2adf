/** Headers that the application adds to the response of a handshake. Only valid ones are sent. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Log } from '../log.js';

/** Headers by name. An array stands for several lines with the same name. */
export type HandshakeHeaders = Record<string, string | string[]>;

/** Adds a cookie to those that are already set. */
export function addCookie(headers: HandshakeHeaders, cookie: string): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'set-cookie') ?? 'Set-Cookie';
  headers[name] = [...[headers[name] ?? []].flat(), cookie];
}

/** @returns the headers that can be sent; invalid ones are left out and logged */
export function validHeaders(headers: HandshakeHeaders, logger: Log): [name: string, value: string | string[]][] {
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
