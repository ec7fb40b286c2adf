/** The client of a user of `../presence.mjs`: joins rooms, and notes the size of the last diff. */
import { Client } from './client.mjs';
import { maskedFrame } from './frames.mjs';
import { PROTOCOLS } from './protocols.mjs';

const ACK = 0x33; // the second digit of 43

export class User {
  static async connect(port, name) {
    const user = new User();
    user.name = name;
    user.client = await Client.connect({ port, protocol: PROTOCOLS['socket.io'] });
    user.client.onMessage = (chunk, start, end) => user.#received(chunk, start, end);
    return user;
  }

  #done = null;
  /** Bytes of the last `presence_diff`. */
  diff = 0;

  /** Resolves with the acknowledgement. */
  ask(event, room) {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.client.write(maskedFrame(`421${JSON.stringify([event, room, this.name])}`));
    });
  }

  close() {
    this.client.close();
  }

  #received(chunk, start, end) {
    if (chunk[start + 1] === ACK) this.#done();
    else if (chunk.latin1Slice(start + 2, start + 17) === '["presence_diff') this.diff = end - start;
  }
}
