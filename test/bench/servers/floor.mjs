// What a server on ws cannot go below: each message is parsed and answered by hand, and sent at once.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
let ids = 0;

server.on('connection', (socket) => {
  socket.send(`0{"sid":"${ids++}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`);
  socket.on('message', (data) => {
    // oxlint-disable-next-line typescript/no-base-to-string -- a Buffer
    const text = data.toString();
    if (text === '40') return socket.send(`40{"sid":"${ids++}"}`);
    const at = text.indexOf('[');
    const [name, value] = JSON.parse(text.slice(at));
    if (name === 'echo') return socket.send(`43${text.slice(2, at)}${JSON.stringify([value])}`);
    const said = `42${JSON.stringify(['said', value])}`;
    for (const client of server.clients) client.send(said);
  });
});
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
