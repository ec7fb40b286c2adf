/** What an operator reads of clients that are refused: each on a debug line, common mistakes as a rare warning. */
import type { IncomingMessage } from 'node:http';
import { quote } from '../errors.js';
import { type Log, ThrottledLog } from './log.js';
import type { HandshakeRefusal } from './handshake/check-handshake.js';

export class RefusalLog {
  readonly #logger: Log;
  readonly #seldom: ThrottledLog;

  constructor(logger: Log, now: () => number) {
    this.#logger = logger;
    this.#seldom = new ThrottledLog(now);
  }

  write(request: IncomingMessage, { code, message, context }: HandshakeRefusal): void {
    const { origin = '', host = '' } = request.headers;
    this.#logger.debug(`refused a client: ${message} ${quote(JSON.stringify(context, printable))}`);
    const warning =
      code === 0
        ? "a client asked for long polling, which is not served: set transports: ['websocket'] in its options"
        : context['name'] === 'ORIGIN'
          ? `refused a client from origin ${quote(origin)}: this is ${quote(host)}; to allow it, set cors: { origin: ${quote(origin)} }`
          : null;
    const line = warning === null ? null : this.#seldom.pass(`${code}`, warning);
    if (line !== null) this.#logger.warn(line);
  }
}

/** What a context holds, as far as a line can show it. */
function printable(key: string, value: unknown): unknown {
  return key === 'error' ? String(value) : value;
}
