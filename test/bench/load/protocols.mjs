/** The wire text of each protocol: the messages that a client sends, and those that it must get, byte by byte. */
import { HEARD } from '../wire.mjs';

export const PROTOCOLS = {
  'socket.io': socketIo(''),
  'socket.io, another namespace': socketIo('/other,'),
  'socket.io, binary': {
    ...socketIo(''),
    heard: (text) => [`451-["${HEARD}",{"_placeholder":true,"num":0}]`, text],
  },
  /** Each event has an offset as its last argument, which the clients do not check. */
  'socket.io, recovery': { ...socketIo(''), heard: (text) => `42["${HEARD}","${text}","`, isPrefix: true },
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

/** @param nsp the namespace as written in packets; empty for `/` */
function socketIo(nsp) {
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    /** The client's first message, after the open packet of the server. */
    hello: `40${nsp}`,
    ask: (id, text) => `42${nsp}${id}["echo","${text}"]`,
    answer: (id, text) => `43${nsp}${id}["${text}"]`,
    say: (text) => `42${nsp}["say","${text}"]`,
    enter: (id, room) => `42${nsp}${id}["enter","${room}"]`,
    tell: (id, text) => `42${nsp}${id}["tell","${text}"]`,
    done: (id) => `43${nsp}${id}[]`,
    /** One message, or a list of messages that arrive in order. */
    heard: (text) => `42${nsp}["${HEARD}","${text}"]`,
  };
}
