/** HTTP requests at the path of the engine: requests for an upgrade, with every kind of mistake. */
import { mutatedBytes } from '../support/mutations.js';
import type { Choices } from '../support/packets.js';

const TARGETS = [
  '/socket.io/?EIO=4&transport=websocket',
  '/socket.io/?EIO=4&transport=websocket&sid=x',
  '/socket.io/?EIO=3&transport=websocket',
  '/socket.io/?EIO=4&transport=polling',
  '/socket.io/?EIO=4&transport=websocket&EIO=4&a[__proto__]=1&__proto__=2',
  '/socket.io?EIO=4&transport=websocket',
  '/socket.io/%00/../?EIO=4&transport=websocket',
  '//socket.io/?EIO=4&transport=websocket',
  'http://other/socket.io/?EIO=4&transport=websocket',
  '/socket.io/socket.io.js',
  '/',
  '*',
  '/socket.io/?%ff%=&EIO=%34&transport=webs%6fcket',
];

const HEADERS = [
  'Host: localhost',
  'Host:',
  'Host: a, b',
  'Upgrade: websocket',
  'Upgrade: websocket, h2c',
  'Upgrade: h2c',
  'Connection: Upgrade',
  'Connection: keep-alive, Upgrade',
  'Connection: close',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: x',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Version: 8',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99; x=";',
  'Sec-WebSocket-Protocol: a, a, "',
  'Origin: http://localhost',
  'Origin: null',
  'Origin: http://[::1',
  'X-Forwarded-For: 1.2.3.4, \u00ff',
  'X-Forwarded-Host: a,b:c:d',
  'Cookie: a=1; __proto__=2; =; ;;',
  'Content-Length: 5',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Authorization: Basic \u0001',
  '__proto__: x',
];

const VALID = [
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** Bytes after the head: frames that come too early, a second request, the rest of a body. */
const TAILS = [
  '',
  '\x81\x82\0\0\0\x0040',
  '\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'x'.repeat(5_000),
];

/** Returns the bytes of one connection, in the pieces in which they are sent. */
export function hostileHead(choices: Choices): Buffer[] {
  const lines = choices.below(4) === 0 ? [] : VALID.filter(() => choices.below(12) > 0);
  for (let more = choices.below(4); more > 0; more--) {
    lines.splice(choices.below(lines.length + 1), 0, choices.of(HEADERS));
  }
  const method = choices.of(['GET', 'GET', 'GET', 'GET', 'POST', 'OPTIONS', 'HEAD', 'CONNECT', 'PRI', 'get']);
  const version = choices.of(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9']);
  const target = choices.below(2) === 0 ? (TARGETS[0] as string) : choices.of(TARGETS);
  const text = `${method} ${target} ${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${choices.of(TAILS)}`;
  const bytes = Buffer.from(text, 'latin1');
  const sent = choices.below(3) === 0 ? mutatedBytes(bytes, choices) : bytes;
  const cut = (choices.below(256) * 4) % (sent.length + 1);
  return choices.below(2) === 0 ? [sent] : [sent.subarray(0, cut), sent.subarray(cut)];
}
