// Bare `ws`: parses and answers the packets of Socket.IO by hand, and sends each message at once.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
const rooms = new Map();
let ids = 0;

server.on('connection', (socket) => {
  socket.on('message', onMessage);
  socket.send(`0{"sid":"${id()}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`);
});

function onMessage(data) {
  const text = data.toString();
  if (text === '40') return this.send(`40{"sid":"${id()}"}`);
  const at = text.indexOf('[');
  const [name, value] = JSON.parse(text.slice(at));
  if (name === 'echo') return this.send(`43${text.slice(2, at)}${JSON.stringify([value])}`);
  return toAll(value);
}

function id() {
  return String(ids++).padStart(20, '0');
}

function toAll(text) {
  send(server.clients, text);
}

function send(clients, text) {
  const message = `42${JSON.stringify([HEARD, text])}`;
  for (const client of clients) client.send(message);
}

http.listen(0, '127.0.0.1', () =>
  serve({
    port: http.address().port,
    clients: () => server.clients.size,
    toAll,
    toRoom: (room, text) => send(rooms.get(room), text),
    join: (count) => {
      rooms.clear();
      for (let room = 0; room < count; room++) rooms.set(room, []);
      for (const [i, client] of [...server.clients].entries()) rooms.get(i % count).push(client);
    },
  }),
);
