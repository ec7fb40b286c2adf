/** Clients of the wire that lose their connection and resume. */
import { expect } from 'vitest';
import type { Socket } from '../../lib/server/internal.js';
import { type ServerRig, told } from './server-rig.js';
import type { WireClient } from './server-wire.js';

export interface Entered {
  readonly client: WireClient;
  readonly sid: string;
  readonly pid: string;
  readonly socket: Socket;
}

/** Joins a namespace, optionally with a claim to a session. */
export async function enter(rig: ServerRig, claim?: object, nsp = '/'): Promise<Entered> {
  const client = await rig.open();
  const prefix = nsp === '/' ? '40' : `40${nsp},`;
  client.send(`${prefix}${claim === undefined ? '' : JSON.stringify(claim)}`);
  const answer = await answered(client);
  const { sid, pid } = JSON.parse(answer.slice(prefix.length)) as { sid: string; pid: string };
  expect(answer).toBe(`${prefix}{"sid":"${sid}","pid":"${pid}"}`);
  return { client, sid, pid, socket: rig.server.of(nsp).sockets.get(sid) as Socket };
}

/** Waits for the answer to CONNECT. The messages before it stay in `heard`. */
export async function answered(client: WireClient): Promise<string> {
  for (;;) {
    const message = String(await client.next());
    if (message.startsWith('40') || message.startsWith('44')) return message;
  }
}

/** Breaks the connection and waits until the server has noticed. */
export async function lose({ client, socket }: Entered): Promise<void> {
  const gone = told(socket, 'disconnect');
  client.terminate();
  await gone;
}

/** Returns the last argument of an event. */
export function offsetOf(message: string | Buffer | undefined): string {
  return (JSON.parse(String(message).replace(/^[^[]*/, '')) as string[]).at(-1) as string;
}

/** Returns the events that a client received before the answer to its CONNECT, without their offsets. */
export function missedBy({ client }: Entered, nsp = '/'): unknown[][] {
  const start = nsp === '/' ? 2 : nsp.length + 3;
  const end = client.heard.findIndex((message) => String(message).startsWith('40'));
  return client.heard
    .slice(0, end)
    .map((message) => (JSON.parse(String(message).slice(start)) as unknown[]).slice(0, -1));
}

/** Joins, and gets the room `den`, the data 1, and an event whose offset is part of the claim to its session. */
export async function enterDen(rig: ServerRig): Promise<Entered & { readonly claim: { pid: string; offset: string } }> {
  const ann = await enter(rig);
  ann.socket.join('den');
  ann.socket.data = 1;
  rig.server.emit('seen');
  const offset = offsetOf(await ann.client.next());
  return { ...ann, claim: { pid: ann.pid, offset } };
}
