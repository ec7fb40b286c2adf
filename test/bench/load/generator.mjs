// The load generator, a process of its own: opens clients, runs tasks with them, closes them.
import { answerCommands } from '../commands.mjs';
import { Client } from './client.mjs';
import { PROTOCOLS } from './protocols.mjs';
import { chat, echo, enter, latency, listen, tell } from './tasks.mjs';

let clients = [];
let protocol;
let heard;
let tallied = 0;

answerCommands({
  /**
   * @param ports those of the nodes of one cluster, over which the clients are distributed in turn
   * @param atOnce number of simultaneous handshakes
   */
  async open({ ports, protocol: name, count, atOnce }) {
    protocol = PROTOCOLS[name];
    const begun = clients.length;
    const startedAt = performance.now();
    let opened = 0;
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count) }, async () => {
        while (opened < count) {
          const at = opened++;
          clients[begun + at] = await Client.connect({ port: ports[at % ports.length], protocol });
        }
      }),
    );
    return { count: clients.length - begun, failure: null, wall: performance.now() - startedAt };
  },

  echo: (args) => echo(clients, protocol, args),
  chat: (args) => chat(clients, protocol, args),
  enter: (args) => enter(clients, protocol, args),
  tell: (args) => tell(clients, protocol, args),
  latency: (args) => latency(clients, protocol, args),

  listen(args) {
    heard = listen(clients, protocol, args);
  },
  heard: () => heard(),

  /** Counts messages from now on, without checking them. */
  tally() {
    tallied = 0;
    for (const client of clients) client.onMessage = count;
  },
  tallied: () => tallied,

  /** @returns the first failure of any connection since it was opened */
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
