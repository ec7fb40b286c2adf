/** The wire text of each protocol: what a client sends, and what it must get back to the letter. */
import { HEARD } from '../wire.mjs';

export const PROTOCOLS = {
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    /** What the client says when the server has introduced itself. */
    hello: '40',
    ask: (id, text) => `42${id}["echo","${text}"]`,
    answer: (id, text) => `43${id}["${text}"]`,
    say: (text) => `42["say","${text}"]`,
    heard: (text) => `42["${HEARD}","${text}"]`,
  },
  /** @nestjs/platform-ws */
  'nest-ws': {
    path: '/',
    hello: null,
    ask: (id, text) => `{"event":"echo","data":"${text}"}`,
    answer: (id, text) => `{"event":"echo","data":"${text}"}`,
    say: (text) => `{"event":"say","data":"${text}"}`,
    heard: (text) => `{"event":"${HEARD}","data":"${text}"}`,
  },
};
