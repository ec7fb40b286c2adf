/** Generates `docs/errors.md` from the code. An error code or reason without a line here does not compile. */
import { CLOSE_CODES, REASON_CLOSE_CODE } from '../../lib/engine/connection/connection-state.js';
import { WEBSOCKET_ONLY_HINT } from '../../lib/engine/handshake/check-handshake.js';
import { REFUSALS, statusOf } from '../../lib/engine/handshake/refusal.js';
import { ERROR_CODES, type ErrorCode } from '../../lib/errors.js';
import type { ErrorAnswer } from '../../lib/nest/index.js';
import type { DisconnectReason } from '../../lib/server/internal.js';
import { OWN_REASONS } from '../../lib/server/socket/own-reasons.js';

/** The cause of each error, and what to change. */
const CODES: Readonly<Record<ErrorCode, readonly [cause: string, change: string]>> = {
  ACK_INCOMPLETE: [
    'some clients, or the network',
    'use `responses`; allow more time with `timeout(ms)`; address only clients that acknowledge',
  ],
  ACK_TIMEOUT: [
    'the client',
    'make the client acknowledge the event, or allow more time: `timeout(ms)`, option `ackTimeout`',
  ],
  ADAPTER_FAILED: [
    'the broker, or the connection to it',
    'see `cause`; clients of this process were served. Try again, or restrict the call to this process with `local`',
  ],
  ALREADY_SERVING: [
    'the application',
    'set it in `forRoot({ ... })` or `new Server(http, { ... })`, before clients connect',
  ],
  CLIENT_GONE: ['the client', 'nothing: clients disconnect at any time. Catch the error if it does not matter'],
  CONNECTION_REFUSED: [
    'the client, or the code that refused it',
    'see the error that was thrown; the client has its `message` and `data`',
  ],
  DUPLICATE_HANDLER: ['the application', 'remove one of the two handlers that the message names, or rename its event'],
  EMIT_ONLY: [
    'the caller',
    'give the worker the `broker` of the servers, or make the call in a server: see [several processes](several-processes.md#a-process-that-only-emits)',
  ],
  HANDLER_FAILED: [
    'the handler under test',
    'see `cause`; if the test is about the failure, collect it with `failures()`',
  ],
  INVALID_ARGUMENT: ['the caller', 'the message says what is expected'],
  INVALID_HANDLER: ['the application', 'the message names the method, and the decorator to add or remove'],
  INVALID_OPTION: ['the application', 'the message says which values are valid; see [options](options.md)'],
  INVALID_SETUP: ['the application', 'the message names the module or package, and the line to add, remove or run'],
  META_TOO_LARGE: [
    'the application, or a client that chose the value',
    'send less, such as an id instead of a picture, or raise `presence.metaBytes`: see [presence](presence.md)',
  ],
  NODES_SILENT: [
    'a server of the cluster that is stopped, overloaded, or cut off from the broker',
    'use `responses`, the answers of the other servers; `nodes` names the silent ones: see [several processes](several-processes.md#when-a-server-does-not-answer)',
  ],
  NOT_CARRIED: [
    'the caller',
    'use a call that the queue supports: see [several processes](several-processes.md#with-flask-socketio)',
  ],
  NOT_ONE_RECEIVER: ['the caller', '`to(client.id).call(...)`, or `emitWithAck` for several receivers'],
  NOT_RECEIVED: [
    'the test, or the code under test',
    'the message lists what arrived instead; for an event sent by a timer: `next(event, { within: ms })`',
  ],
  NOT_SETTLED: [
    'the handler that the message names',
    'make it finish, or allow the test more time: `connect(app, nsp, { timeout })`',
  ],
  PROTOCOL_ERROR: ['the client', 'nothing on the server: use a client of Socket.IO 3 or later'],
  RATE_LIMITED: [
    'the client',
    "send less, or raise `rateLimit`; with `exceeded: 'slow'` such a client is slowed down instead",
  ],
  ROOM_NAME_TOO_LONG: [
    'the application, or a client that chose the name',
    'shorten or check the name, or raise `limits.roomLength`',
  ],
  RESERVED_EVENT: [
    'the application',
    'choose another name; to handle connecting and disconnecting, use `@OnConnect()` and `@OnDisconnect()`',
  ],
  SERVER_CLOSED: [
    'the application',
    'the message says which: attach an HTTP server, set an adapter with a message queue, or await `close()` first',
  ],
  SLOW_CLIENT: [
    'the client, or the amount of data sent to it',
    'send less, send data that may be lost as `volatile`, or raise `limits.bufferedBytes`',
  ],
  TOO_MANY_ROOMS: [
    'the application, or a client that joins one room after the other',
    'leave rooms that are not needed, limit the rooms that a client may join, or raise `limits.rooms`',
  ],
  TOO_MANY_ACKS: [
    'the application',
    'request fewer acknowledgements from that client, wait for less time with `timeout(ms)`, or raise `limits.pendingAcks`',
  ],
  TOO_MANY_ATTACHMENTS: ['the application', 'send fewer binary values in one event: clients accept no more'],
  UNKNOWN_OPTION: ['the application', 'the message suggests the most similar option; see [options](options.md)'],
  VALUE_TOO_DEEP: ['the application', 'send plain data, not objects that refer to each other'],
};

/** The mistake of the client, and what to change. */
const REFUSED: Readonly<Record<keyof typeof REFUSALS, readonly [happened: string, change: string]>> = {
  0: ['it asked for long polling', "`transports: ['websocket']` in the options of the client"],
  1: ['it sent a session id, which is only used with long polling', 'the same'],
  2: ['its request was not a GET', 'nothing: stock clients always send GET'],
  3: [
    'its `Origin` is malformed, its path is below that of the server, it did not request an upgrade or did so before an earlier request was answered, or a middleware failed',
    'make the proxy in between forward `Upgrade` and `Connection`; see the log for a failed middleware',
  ],
  4: [
    'its page is from another origin, it asked for a host that is not in `allowedHosts`, or `allowRequest` refused it',
    '`cors: { origin }` or `allowedHosts`; behind a proxy that changes `Host`, have it send `Host` unchanged, or `X-Forwarded-Host` with `trustProxy`; the log names origin and host',
  ],
  5: ['it is a client of Socket.IO 2 or older', 'update the client'],
  6: [
    'it connected when the server had all the connections or handshakes that its limits allow',
    'nothing: the stock client tries again after its own delay, other clients find the seconds in `Retry-After`; the log names the limit, see [limits](limits.md)',
  ],
  7: [
    'its address has as many connections as `limits.connectionsPerAddress` allows',
    'close some; behind a proxy, set `trustProxy`, or all clients have the address of the proxy',
  ],
};

const PARTS: Readonly<Record<keyof ErrorAnswer, string>> = {
  code: '`bad_request`, `forbidden`, `not_found` and so on for an HttpException; `error`, or its own `code`, for a WsException; `rate_limited` for a call beyond `@RateLimit`; `unknown_event` for an event without a handler; `internal` for any other error',
  message: 'the message of the exception; for an internal error, only `Internal server error`',
  status: 'the status of an HttpException',
  details:
    'the issues of a validation, each `{ path, message, code? }` with a `path` like `items.0.amount`, or other content of the exception, if there is any',
  id: 'for an internal error: the id under which the log has the stack',
};

/** The cause of each reason, the reason that the stock client has for it, and what to change. */
const REASONS: Readonly<
  Record<Exclude<DisconnectReason, 'forced server close'>, readonly [cause: string, stock: string, change: string]>
> = {
  'client namespace disconnect': ['the client called `disconnect()`', 'io client disconnect', 'nothing'],
  'server namespace disconnect': [
    "a call of `client.disconnect()`, `disconnectSockets()` or `disconnectUser()`; `client.expiresAt` passed; the session ended, with `session: 'live'`; `handleConnection` threw, or did not finish within `connectTimeout` while events waited for it",
    'io server disconnect',
    'see the event `disconnect_reason`. The client does not reconnect unless it calls `connect()`',
  ],
  'transport close': ['the client or the network closed the connection', 'transport close', 'nothing: it reconnects'],
  'transport error': [
    'the client violated the WebSocket protocol, sent a message that is too large, exceeded `rateLimit`, or reads too slowly',
    'transport close',
    'see the [close code](#close-codes); send less or `volatile` events to a client that is too slow. It reconnects',
  ],
  'ping timeout': ['the client did not answer a ping in time', 'transport close', 'nothing: it reconnects'],
  'parse error': [
    'the client violated the Engine.IO or Socket.IO protocol',
    'transport close',
    'the close frame says what was wrong. It reconnects, so fix the client, or raise the limit that it exceeds',
  ],
  'forced close': [
    'the client did something that is not allowed, or did not do something in time',
    'transport close',
    'the close frame says what is wrong. It reconnects',
  ],
  'server shutting down': ['the application is shutting down', 'transport close', 'nothing: it reconnects'],
};

/** When the server gives a reason of its own, and what to do in the client. */
const OWN: Readonly<Record<keyof typeof OWN_REASONS, readonly [when: string, change: string]>> = {
  expired: [
    '`client.expiresAt` has passed',
    'get a fresh token and call `connect()`; answer `session_expiring` in time with an event that calls `client.extend(date)`',
  ],
  other_user: [
    'with `acceptFirst`: the client presented the session of another user',
    'call `connect()`: it gets a new session',
  ],
  user_disconnected: [
    '`disconnectUser(id)` without a reason, as after a logout or when access is revoked',
    'show the login, and connect after it',
  ],
};

/** The close codes of WebSockets, and the text that goes with them. */
const CODES_OF_CLOSE: readonly (readonly [code: number, when: string, text: string, change: string])[] = [
  [
    1000,
    '`forced close`, `transport close`, or `server namespace disconnect` without a `disconnect_reason`',
    'the step that the client did not take in time, or none',
    'nothing',
  ],
  [1001, '`server shutting down`', 'none', 'nothing: the client reconnects, to another server behind a load balancer'],
  [
    1002,
    '`parse error`, and `transport error` if the client violated the WebSocket protocol, for example with a malformed frame',
    'the violation, such as `too many namespaces`, or none',
    'fix the client',
  ],
  [1006, 'there was no close frame: the network failed, or the server terminated the connection', 'none', 'nothing'],
  [1007, 'text that is not UTF-8', 'none', 'fix the client'],
  [
    1008,
    'the client was refused too often, or exceeded `rateLimit`',
    'one of the two causes',
    'see the limits of the server',
  ],
  [1009, 'a message larger than `maxHttpBufferSize`', 'none', 'send less at once, or upload it by HTTP'],
  [
    REASON_CLOSE_CODE,
    'the server or the application gave a reason',
    '`code: message`, cut at 123 bytes',
    'act on the code',
  ],
];

const isOfConnection = (reason: string): reason is keyof typeof CLOSE_CODES => Object.hasOwn(CLOSE_CODES, reason);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The reasons with which the WebSocket is closed in another way in some cases, which the page lists. */
const WITH_EXCEPTIONS: ReadonlySet<string> = new Set([
  'server namespace disconnect',
  'transport error',
  'forced close',
]);

function closing(reason: string): string {
  const rest = WITH_EXCEPTIONS.has(reason) ? ', with the exceptions below' : '';
  if (!isOfConnection(reason)) return `stays open${rest}`;
  const code = CLOSE_CODES[reason];
  return code === null ? 'is terminated' : `is closed with ${code}${rest}`;
}

export function errorsPage(): string {
  return `<!-- Generated by \`npm run docs\` from the code: edit test/docs/errors-page.ts instead. -->

# Errors

This page is for you if you have an error code, a status, a reason or a close code, and want to know its cause and what to change. If you have a symptom
instead, start with [troubleshooting](troubleshooting.md).

## What the package throws

Every error that the package throws on purpose is a \`SocketIoError\` with a \`code\`. Its message says what happened in this case and what to change.

${table(
  ['Code', 'What happened', 'Cause', 'What to change'],
  Object.entries(ERROR_CODES).map(([code, sentence]) => {
    const [cause, change] = CODES[code as ErrorCode];
    return [`\`${code}\``, sentence, cause, change];
  }),
)}

## What a handler throws

If a method with \`@Event\` throws, a client that requested an acknowledgement gets \`{ error }\`, and any other client gets the same object as the event
\`exception\`:

${table(
  ['Part', 'Content'],
  Object.entries(PARTS).map(([part, what]) => [`\`${part}\``, what]),
)}

If \`@OnConnect\` throws, the client is refused and gets \`connect_error\`, with the message and data of a \`ConnectionRefused(message, data)\`. For any other error,
\`connect_error\` has the \`message\` above, and the other parts as \`data\`. If a middleware of \`use()\` throws or does not decide in time, the client is refused with
\`Internal server error\` or \`The server did not decide in time\`.

If the server itself refuses a client, \`data.code\` says why: \`too_many_connections\` if the user has as many connections as \`limits.connectionsPerUser\` allows,
\`too_large\` if \`auth\` exceeds \`limits.connectWeight\`, or the code of a [disconnect](#the-reason-of-the-application) that happened before the CONNECT was
decided. The client does not try again unless it calls \`connect()\`.

An error of a method with \`@SubscribeMessage\` is sent as in Nest, as the event \`exception\` with \`{ status, message, cause }\`. The option
[\`errors\`](options.md#gateways) can turn the error into an acknowledgement as above.

## Why a handshake is refused

A plain request gets JSON, \`{ code, message, hint? }\`, which pages of every origin may read. An upgrade request gets message and hint as text, which browsers do
not show; \`curl\` does.

${table(
  ['Status', 'Code', 'Message', 'What the client did', 'What to change'],
  Object.entries(REFUSALS).map(([key, message]) => {
    const code = Number(key) as keyof typeof REFUSALS;
    const [happened, change] = REFUSED[code];
    return [String(statusOf({ code, message, context: {} })), key, `\`${message}\``, happened, change];
  }),
)}
| 503 | | \`Server shutting down\` | it connected during shutdown | nothing: it tries again |

The codes 0 to 5 are those of Engine.IO. Refusals with the codes 6 and 7 are counted in \`io.engine.limitCounts\`; the log and the event \`connection_error\` get
one a minute for each limit.

The hint for long polling is: \`${WEBSOCKET_ONLY_HINT}\`. If \`allowRequest\` passes a string as its error, the string replaces the message. A
middleware of \`io.engine.use()\` may answer with any status.

## Why a client left

The reason is the value of \`@Reason()\` in \`@OnDisconnect\`, and the first argument of a \`disconnect\` listener. The stock client, \`socket.io-client\`, has reasons of its own:

${table(
  ['Reason', 'Cause', 'The WebSocket', 'In the stock client', 'What to change'],
  Object.entries(REASONS).map(([reason, [cause, stock, change]]) => [
    `\`${reason}\``,
    cause,
    closing(reason),
    `\`${stock}\``,
    change,
  ]),
)}

With \`acceptFirst\`, a client that \`@OnConnect\` refuses gets \`io server disconnect\` as well. No disconnect handler runs for it on the server.

These are the exceptions in how the WebSocket is closed:

| Reason | Exception | The WebSocket |
| --- | --- | --- |
| \`server namespace disconnect\` | the first argument of the call was \`true\`, the call was \`disconnectUser()\`, the client expired in its only namespace, or its session ended | is closed with ${REASON_CLOSE_CODE} if it got a [\`disconnect_reason\`](#the-reason-of-the-application), otherwise with 1000 |
| \`transport error\` | a message was larger than \`maxHttpBufferSize\` | is closed with 1009 |
| \`transport error\` | a text was not UTF-8 | is closed with 1007 |
| \`transport error\` | the client exceeded \`rateLimit\` with \`exceeded: 'disconnect'\` | is closed with 1008 |
| \`transport error\` | the client reads too slowly | is terminated |
| \`forced close\` | \`limits.refusedConnects\` CONNECTs of the client were refused | is closed with 1008 |

### The reason of the application

\`client.disconnect(close, reason)\`, \`disconnectSockets(close, reason)\` and \`disconnectUser(id, reason)\` take a text or \`{ code, message }\`; a text gets the code
\`disconnected\`. If a client is accepted first (\`acceptFirst\`) and then refused, its reason has the message of the refusal, and the \`code\` of its \`data\` or else
\`refused\`. The server itself gives these reasons:

${table(
  ['Code', 'Message', 'When', 'What to do in the client'],
  Object.entries(OWN_REASONS).map(([key, { code, message }]) => {
    const [when, change] = OWN[key as keyof typeof OWN_REASONS];
    return [`\`${code}\``, message, when, change];
  }),
)}

| Who can read it | How |
| --- | --- |
| every stock client, in any language | the event \`disconnect_reason\` with \`{ code, message }\`, in each namespace just before \`disconnect\`, because a DISCONNECT packet cannot carry it |
| the JavaScript client, if the server closes the connection without a DISCONNECT | the second argument of \`disconnect\`: \`details.context.code\` and \`details.context.reason\` are those of the close frame. After a DISCONNECT, the client closes the connection first and has no details |
| a WebSocket without Socket.IO | the close frame: ${REASON_CLOSE_CODE} and \`code: message\` |
| a client whose CONNECT was not decided yet, in \`connect_error\` | \`error.message\`, \`error.data.code\` |
| handlers on the server | \`@Reason()\` stays \`server namespace disconnect\`; the second argument of a \`disconnect\` listener is \`{ code, message }\` |
| \`TestClient\` | \`disconnectDetails\`, \`closeFrame\` |

### Close codes

${table(
  ['Code', 'When', 'Text', 'What to change'],
  CODES_OF_CLOSE.map(([code, when, text, change]) => [String(code), when, text, change]),
)}
`;
}
