/** `docs/errors.md`, made of what the code says. A code or reason without its line here does not compile. */
import { CLOSE_CODES } from '../../lib/engine/connection/connection-state.js';
import { WEBSOCKET_ONLY_HINT } from '../../lib/engine/handshake/check-handshake.js';
import { REFUSALS, statusOf } from '../../lib/engine/handshake/refusal.js';
import { ERROR_CODES, type ErrorCode } from '../../lib/errors.js';
import type { ErrorAnswer } from '../../lib/nest/index.js';
import type { DisconnectReason } from '../../lib/server/index.js';

/** Whose fault it is, and what to change. */
const CODES: Readonly<Record<ErrorCode, readonly [fault: string, change: string]>> = {
  ACK_INCOMPLETE: [
    'some clients, or the network',
    'look at `responses`; give more time with `timeout(ms)`; select those that answer',
  ],
  ACK_TIMEOUT: [
    'the client',
    'have the client answer that event, or give more time: `timeout(ms)`, option `ackTimeout`',
  ],
  ADAPTER_FAILED: [
    'the broker, or the way to it',
    'see `cause`; clients of this process are served all the same. Try again, or act on this process alone with `local`',
  ],
  ALREADY_SERVING: [
    'the application',
    'set it in `forRoot({ ... })` or `new Server(http, { ... })`, before clients are served',
  ],
  CLIENT_GONE: ['nobody', 'nothing: clients leave. Catch it where it does not matter'],
  CONNECTION_REFUSED: [
    'the client, or whoever refused it',
    'what was thrown says why; the client has its `message` and `data`',
  ],
  DUPLICATE_HANDLER: ['the application', 'remove one of the two that the message names, or rename its event'],
  EMIT_ONLY: [
    'the caller',
    'ask from a process with a server: see [several processes](several-processes.md#a-process-that-only-emits)',
  ],
  HANDLER_FAILED: [
    'the handler under test',
    'see `cause`; if the failure is what the test is about, take it with `failures()`',
  ],
  INVALID_ARGUMENT: ['the caller', 'the message says what is expected'],
  INVALID_HANDLER: ['the application', 'the message names the method, and the decorator to add or to remove'],
  INVALID_OPTION: ['the application', 'the message says what the option takes; see [options](options.md)'],
  NOT_CARRIED: [
    'the caller',
    'say it in a way that the queue knows: see [several processes](several-processes.md#with-flask-socketio)',
  ],
  NOT_ONE_RECEIVER: ['the caller', '`to(client.id).call(...)`, or `emitWithAck` for several'],
  NOT_RECEIVED: [
    'the test, or what it tests',
    'the message says what came instead; for what a timer causes: `next(event, { within: ms })`',
  ],
  NOT_SETTLED: [
    'the handler that is named',
    'have it end, or give the test more time: `connect(app, nsp, { timeout })`',
  ],
  PROTOCOL_ERROR: ['the client', 'nothing on the server: use a client of Socket.IO 3 or later'],
  RESERVED_EVENT: [
    'the application',
    'choose another name; for connecting and leaving: `@OnConnect()`, `@OnDisconnect()`',
  ],
  SERVER_CLOSED: [
    'the application',
    'the message says what is missing: an HTTP server, or an adapter with a message queue',
  ],
  SLOW_CLIENT: [
    'the client, or what it is sent',
    'send less, or what may be lost as `volatile`; or raise `maxBufferedBytes`',
  ],
  TOO_MANY_ACKS: [
    'the application',
    'ask that client less often, give up sooner with `timeout(ms)`, or raise `maxPendingAcks`',
  ],
  TOO_MANY_ATTACHMENTS: ['the application', 'send fewer binary values in one event: clients accept no more'],
  UNKNOWN_OPTION: ['the application', 'the message names the nearest option that there is; see [options](options.md)'],
  VALUE_TOO_DEEP: ['the application', 'send plain data, not objects that refer to each other'],
};

/** What the client has done, and what to change. */
const REFUSED: Readonly<Record<keyof typeof REFUSALS, readonly [happened: string, change: string]>> = {
  0: ['it asked for long polling', "`transports: ['websocket']` in the options of the client"],
  1: ['it named a session, which only long polling does', 'the same'],
  2: ['it sent no GET', 'nothing: stock clients do not'],
  3: [
    'its `Origin` is none, it did not ask for an upgrade, or a middleware failed',
    'have the proxy in between pass `Upgrade` and `Connection` on; the log has the failure of a middleware',
  ],
  4: [
    'its page is of another origin, or `allowRequest` said no',
    '`cors: { origin }`, and `trustProxy` behind a proxy that changes `Host`; the log names the origin',
  ],
  5: ['it is a client of Socket.IO 2 or older', 'update the client'],
};

const PARTS: Readonly<Record<keyof ErrorAnswer, string>> = {
  code: '`bad_request`, `forbidden`, `not_found` and so on for an HttpException; `error`, or its own `code`, for a WsException; `internal` for all else',
  message: 'that of the exception; of an internal error `Internal server error`, and nothing more',
  status: 'of an HttpException',
  details: 'validation issues, and what else the exception holds; there if there is any',
  id: 'of an internal error: the log has the same id, with the stack',
};

/** Who ended it. */
const REASONS: Readonly<Record<Exclude<DisconnectReason, 'forced server close'>, string>> = {
  'client namespace disconnect': 'the client called `disconnect()`',
  'server namespace disconnect': '`client.disconnect()`, `disconnectSockets()`, or a hook that failed',
  'transport close': 'the client closed the connection, or the network did',
  'transport error': 'the client broke the WebSocket protocol or a limit, or does not take what it is sent',
  'ping timeout': 'the client did not answer a ping in time',
  'parse error': 'the client broke the protocol of Engine.IO or Socket.IO',
  'forced close': 'the server closed the connection for what the client did, or did not do in time',
  'server shutting down': 'the application closes',
};

const isOfConnection = (reason: string): reason is keyof typeof CLOSE_CODES => Object.hasOwn(CLOSE_CODES, reason);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function closing(reason: string): string {
  if (!isOfConnection(reason)) return 'stays open';
  const code = CLOSE_CODES[reason];
  return code === null ? 'is cut off' : `is closed with ${code}`;
}

export function errorsPage(): string {
  return `<!-- Made by \`npm run docs\` from the code: change test/docs/errors-page.ts. -->

# Errors

## What the package throws

Everything that it throws on purpose is a \`SocketIoError\` with a \`code\`. Its message says what happened here and what to change.

${table(
  ['Code', 'What happened', 'Whose fault', 'What to change'],
  Object.entries(ERROR_CODES).map(([code, sentence]) => {
    const [fault, change] = CODES[code as ErrorCode];
    return [`\`${code}\``, sentence, fault, change];
  }),
)}

## What a handler throws

A method with \`@Event\` that throws acknowledges \`{ error }\`, if the client asked for an acknowledgement; otherwise the client gets the event \`exception\` with
the same object.

${table(
  ['Part', 'What it is'],
  Object.entries(PARTS).map(([part, what]) => [`\`${part}\``, what]),
)}

\`@OnConnect\` that throws refuses: the client gets \`connect_error\`. With \`ConnectionRefused(message, data)\` it has this \`message\` and \`data\`; with anything else the
\`message\` above, and the other parts as \`data\`. A middleware of \`use()\` that throws, or does not decide in time, refuses with \`Internal server error\` or \`The server did not decide in time\`.

Methods with \`@SubscribeMessage\` tell of errors as Nest does, by the event \`exception\` with \`{ status, message, cause }\`; option \`errors\` has them acknowledged as above.

## What a handshake is refused with

A request that is no upgrade gets JSON, \`{ code, message, hint? }\`, which pages of every origin may read. An upgrade gets the message as text.

${table(
  ['Status', 'Code', 'Message', 'What the client did', 'What to change'],
  Object.entries(REFUSALS).map(([key, message]) => {
    const code = Number(key) as keyof typeof REFUSALS;
    const [happened, change] = REFUSED[code];
    return [String(statusOf({ code, message, context: {} })), key, `\`${message}\``, happened, change];
  }),
)}
| 503 | | \`Server shutting down\` | it came too late | nothing: it will try again |

The hint for long polling is: \`${WEBSOCKET_ONLY_HINT}\`. A string that \`allowRequest\` gives as its error takes the place of the message. A middleware of
\`io.engine.use()\` may answer with whatever status it likes.

## Why a client left

\`@OnDisconnect\` gets it as \`@Reason()\`, a listener of \`disconnect\` as its first argument. Rooms and \`client.data\` are still there.

${table(
  ['Reason', 'Who ended it', 'The WebSocket'],
  Object.entries(REASONS).map(([reason, who]) => [`\`${reason}\``, who, closing(reason)]),
)}

A message of more than \`maxHttpBufferSize\` is closed with 1009, one that is not UTF-8 with 1007; a client that is too slow is cut off. All of these are a \`transport error\`.
`;
}
