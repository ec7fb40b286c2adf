/** The connections of bad clients, all of which end with the scene, and what several kinds of them do. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient } from './raw-client.mjs';

export class Scene {
  port;
  population;
  /** The share of the full numbers, up to 1. */
  share;
  opened = 0;
  #clients = new Set();

  constructor(port, population, share) {
    this.port = port;
    this.population = population;
    this.share = share;
  }

  /** Opens a connection that has joined no namespace. */
  async open() {
    return this.#keep(await RawClient.open(this.port));
  }

  /** Opens a connection and joins `/`, and these rooms. */
  async join(...rooms) {
    const client = await this.open();
    await client.join();
    for (const room of rooms) client.emit('join', room);
    return client;
  }

  /** Opens a TCP connection only. */
  tcp() {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    socket.on('error', () => {});
    const client = { vanish: () => socket.destroy() };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    return socket;
  }

  /** Waits until the server closes the connection, but at most `ms`; then the client vanishes. */
  async watch(client, ms) {
    await Promise.race([client.ended, this.population.sleep(ms)]);
    client.vanish();
  }

  async end() {
    const stopped = this.population.stop();
    for (const client of this.#clients) client.vanish();
    await stopped;
    for (const client of this.#clients) client.vanish(); // some were still connecting
    await sleep(100);
  }

  #keep(client) {
    this.opened++;
    this.#clients.add(client);
    void client.ended.then(() => this.#clients.delete(client));
    return client;
  }
}
