/** Generates `docs/limits.md` from the option `limits`: its docstrings, and the table of defaults and reasons. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type LimitName, type LimitRow, LIMITS } from '../../lib/engine/limits.js';

const FILE = fileURLToPath(new URL('../../lib/engine/limits.ts', import.meta.url));

/** The docstring of each limit. */
const bounded = new Map(
  ts
    .createSourceFile(FILE, readFileSync(FILE, 'utf8'), ts.ScriptTarget.Latest, true)
    .statements.filter((statement) => ts.isInterfaceDeclaration(statement))
    .filter(({ name }) => name.text === 'Limits')
    .flatMap(({ members }) => Array.from(members))
    .map((member) => [member.name?.getText() ?? '', docstringOf(member)]),
);

function docstringOf(member: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(member);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replaceAll('\n', ' ').replace(/\.$/, '');
}

function written({ default: limit, unit }: LimitRow): string {
  if (limit === false) return 'none';
  const number = limit.toLocaleString('en');
  return unit === 'count' ? number : `${number} ${unit}`;
}

const row = ([name, limit]: [string, LimitRow]): string =>
  `| \`${name}\` | ${written(limit)} | ${bounded.get(name) ?? ''} | ${limit.reason} | ${limit.outcome} |`;

export function limitsPage(): string {
  return `# Limits

This page is for you if you operate a server, or if the log says that a limit is reached. It lists every limit on the memory, work and time that a client can
cost, and what happens when a client reaches it.

## Change a limit

Three limits, with the default \`none\`, are off. No known application comes close to the defaults of the others. The option \`limits\` replaces the default, and \`false\` lifts the limit:

\`\`\`ts
SocketIoModule.forRoot({ limits: { rooms: 100, connections: 50_000, refusedConnects: false } })
\`\`\`

Sizes and times for which Socket.IO has an option, such as \`maxHttpBufferSize\`, \`connectTimeout\` and \`pingTimeout\`, are in the [list of options](options.md).

## See which limits are reached

\`server.engine.limitCounts\` counts, by the name of the limit, how often each was reached. The log has one line a minute for each limit, with its value and the
client.

## How limits work

A limit counts the cost for the server: the memory of an object once it is parsed, the bytes of an answer, the handlers that run. Where possible, it slows the
client down: the server stops reading from its socket until there is room, so the rest waits in the client's own network connection. The server
refuses or disconnects a client only if that cannot help. Other clients notice nothing. A CONNECT is the packet with which a client joins a namespace.

## All limits

| Limit | Default | What it bounds | Why this value | What happens |
| --- | --- | --- | --- | --- |
${(Object.entries(LIMITS) as [LimitName, LimitRow][]).map(row).join('\n')}

## Slow clients

A client is slow if more than \`bufferedBytes\` wait for it, because it does not read or its network carries less than the server sends. While it is slow, the server
reads nothing from it, so it cannot request more. It stays connected as long as it makes progress: within each \`slowTime\`, it must take everything that waited,
or at least \`bufferedBytes\`. A burst alone disconnects no client.

The option \`slowClients\` decides what happens to a client without progress:

| Value | What happens |
| --- | --- |
| \`'disconnect'\` | the connection is terminated; its sockets leave with the reason \`transport error\` and a \`SLOW_CLIENT\` error |
| \`'drop-volatile'\` | it stays connected and misses \`volatile\` events, until \`backlogBytes\` wait |
| a function | it is called with the \`id\`, \`remoteAddress\`, \`bufferedAmount\`, \`takenBytes\` and \`laggingFor\` of the client, and returns \`'disconnect'\` or \`'wait'\` |

A handler that [streams](streams.md) its values waits for its client. A handler that emits many events can wait with \`await client.drained()\`. \`client.bufferedAmount\` is the number of bytes that wait.
`;
}
