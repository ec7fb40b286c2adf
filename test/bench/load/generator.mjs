// The load, in a process of its own: opens clients, lets them do a task, closes them.
import { answerCommands } from '../commands.mjs';
import { Client } from './client.mjs';
import { PROTOCOLS } from './protocols.mjs';
import { chat, echo, latency, listen } from './tasks.mjs';

let clients = [];
let protocol;
let heard;
let tallied = 0;

answerCommands({
  /** @param atOnce how many shake hands at the same time */
  async open({ port, protocol: name, count, atOnce }) {
    protocol = PROTOCOLS[name];
    const begun = clients.length;
    const startedAt = performance.now();
    let opened = 0;
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count) }, async () => {
        while (opened < count) {
          opened++;
          clients.push(await Client.connect({ port, protocol }));
        }
      }),
    );
    return { count: clients.length - begun, failure: null, wall: performance.now() - startedAt };
  },

  echo: (args) => echo(clients, protocol, args),
  chat: (args) => chat(clients, protocol, args),
  latency: (args) => latency(clients, protocol, args),

  listen(args) {
    heard = listen(clients, protocol, args);
  },
  heard: () => heard(),

  /** Only counts what comes from now on. */
  tally() {
    tallied = 0;
    for (const client of clients) client.onMessage = count;
  },
  tallied: () => tallied,

  /** @returns what went wrong on any connection since it was opened */
  close() {
    const broken = clients.find(({ failure }) => failure !== null);
    for (const client of clients) client.close();
    clients = [];
    return { failure: broken?.failure ?? null };
  },
});

function count() {
  tallied++;
}
