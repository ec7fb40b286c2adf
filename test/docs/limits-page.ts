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

What a client can make the server spend is bounded, in memory, in running work and in time. The option \`limits\` holds every bound. Each has a default under which no
known application comes close to it. \`false\` lifts a limit; any other value replaces its default.

\`\`\`ts
SocketIoModule.forRoot({ limits: { rooms: 100, connections: 50_000, refusedConnects: false } })
\`\`\`

A limit counts what something costs the server, not what it costs the client: the weight of an object once it is parsed, the bytes of an answer, the handlers that run.
Where possible, a limit slows the client down before anything else happens: the server stops reading from its socket until there is room again, so the client's own
network connection holds back the rest. Other clients notice nothing.

Each time a limit is reached, its counter in \`server.engine.limitCounts\` goes up, under the name of the limit. The log gets one line per limit and minute, which names the
limit, its value and the client.

| Limit | Default | What it bounds | Why that much | What happens |
| --- | --- | --- | --- | --- |
${(Object.entries(LIMITS) as [LimitName, LimitRow][]).map(row).join('\n')}

## Slow clients

A client is slow when more than \`bufferedBytes\` wait for it: it does not read, or its network carries less than it is sent. The server then reads nothing from it, so it cannot ask
for more. It stays connected as long as it makes progress: within each \`slowTime\` it takes all that waited, or at least \`bufferedBytes\`. A burst alone ends no connection.

The option \`slowClients\` says what happens to a client without progress:

| Value | What happens |
| --- | --- |
| \`'disconnect'\` | the connection is terminated; its sockets leave with the reason \`transport error\` and a \`SLOW_CLIENT\` error |
| \`'drop-volatile'\` | it stays, and misses what is sent \`volatile\`, until \`backlogBytes\` wait |
| a function | it is called with the \`id\`, \`remoteAddress\`, \`bufferedAmount\`, \`takenBytes\` and \`laggingFor\` of the client, and returns \`'disconnect'\` or \`'wait'\` |

A handler that sends a stream waits for the client with \`await client.drained()\`; \`client.bufferedAmount\` is the number of bytes that wait.

Sizes and times that have a name in Socket.IO are options of their own: \`maxHttpBufferSize\`, \`connectTimeout\`, \`pingTimeout\` and others. They are in the
[list of options](options.md).
`;
}
