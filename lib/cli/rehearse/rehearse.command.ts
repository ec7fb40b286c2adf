/** The command `rehearse`: restarts a running deployment under load, and reports what its clients noticed. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, type CommandContext, EXIT } from '../command.js';
import { filled } from './participant.js';
import { describePlan, type Plan, readPlan } from './plan.js';
import { Rehearsal, type World } from './rehearsal.js';
import { reportPicture, reportText } from './report.js';
import { runInShell } from './shell.js';
import { type Connect, createStockClient, loadStockClient, type StockClient } from './stock-client.js';
import { systemTime } from './time.js';

const HELP = `Usage: npx nest-socketio rehearse --url http://127.0.0.1:3000 [options]

Connects clients to a running deployment, has them talk to each other, restarts it meanwhile, and reports lost, doubled,
reordered and late messages, lost and resumed connections, and how long it took until all clients were back.

  --url URL          the deployment; repeat it if its servers have no common address
  --restart COMMAND  a shell command that restarts the deployment, or a part of it; repeat it for more of them
  --clients N        clients (default: 50, at most 10,000)
  --rate N           messages of a client per second (default: 1)
  --seconds N        how long the clients talk, spread before and after the restarts (default: 30)
  --namespace NAME   the namespace (default: /rehearsal, or the main namespace without it; with --send, the main one)
  --path PATH        the path of Socket.IO (default: /socket.io/)
  --auth JSON        the auth of each client; "$client" in it becomes the number of the client
  --send JSON        the event that a client sends, and that the deployment passes on to the others in any form, as a
                     JSON array: ["say", "$message"]. It must be acknowledged
  --join JSON        the event with which a client joins its room before it sends: ["join", "$room"]
  --late MS          the delay after which a message is late (default: 1000)
  --max-lost N       how many messages may be lost (default: 0)
  --picture FILE     writes the number of connected clients over time as SVG
  --json FILE        writes the result as JSON
  --allow-host HOST  confirms that a deployment on another machine is yours

Without --send, the deployment needs the gateway in docs/rehearsal.md. If it does not have it, the command checks answers
and connections, but no messages between clients.

Exit codes: 0 passed; 1 not passed, the report says why; 2 the rehearsal could not take place.
`;

export const rehearseCommand: Command = {
  summary: 'restarts a deployment under load, and reports what its clients lose',
  help: HELP,
  async run(context) {
    const plan = readPlan(context.args);
    const connect = await loadStockClient();
    context.out.write(describePlan(plan));
    return await onInterrupt((interrupted) => rehearse(plan, connect, context, interrupted));
  },
};

async function rehearse(
  plan: Plan,
  connect: Connect,
  context: CommandContext,
  interrupted: AbortSignal,
): Promise<number> {
  const { cwd, out } = context;
  const world: World = {
    time: systemTime,
    connect: clientsOf(plan, connect),
    run: (command) => runInShell(command, cwd),
    print: (line) => out.write(`${line}\n`),
    interrupted,
  };
  const run = Math.random().toString(36).slice(2, 8);
  const result = await new Rehearsal(plan, world, run).run();
  out.write(reportText(result, plan.late));
  if (plan.picture !== null) await writeFile(resolve(cwd, plan.picture), reportPicture(result));
  if (plan.json !== null) await writeFile(resolve(cwd, plan.json), `${JSON.stringify(result, null, 2)}\n`);
  return result.passed ? EXIT.done : EXIT.attention;
}

/** Spreads the clients over the addresses. Each attempt to reconnect goes to the next one. */
function clientsOf({ urls, path, auth }: Plan, connect: Connect): (namespace: string, number: number) => StockClient {
  return (namespace, number) => {
    let attempt = number;
    const nextUrl = () => urls[attempt++ % urls.length] as string;
    const own = auth === null ? {} : { auth: filled(auth, { client: String(number) }) as Record<string, unknown> };
    return createStockClient(connect, nextUrl, namespace, { path, ...own });
  };
}

/** Aborts the signal on the first Ctrl-C. The second one ends the process. */
async function onInterrupt<T>(task: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort);
  try {
    return await task(controller.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}
