/** The wire text of each protocol: what a client sends, and what it must get back to the letter. */
import { HEARD } from '../wire.mjs';

export const PROTOCOLS = {
  'socket.io': socketIo(''),
  'socket.io, another namespace': socketIo('/other,'),
  'socket.io, binary': {
    ...socketIo(''),
    heard: (text) => [`451-["${HEARD}",{"_placeholder":true,"num":0}]`, text],
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

/** @param nsp the namespace as packets name it; empty is `/` */
function socketIo(nsp) {
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    /** What the client says when the server has introduced itself. */
    hello: `40${nsp}`,
    ask: (id, text) => `42${nsp}${id}["echo","${text}"]`,
    answer: (id, text) => `43${nsp}${id}["${text}"]`,
    say: (text) => `42${nsp}["say","${text}"]`,
    /** One message, or several that come one after the other. */
    heard: (text) => `42${nsp}["${HEARD}","${text}"]`,
  };
}
