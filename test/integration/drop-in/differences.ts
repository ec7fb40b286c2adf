/** All intended differences between an application on `@nestjs/platform-socket.io` and one on this package. */
export type Side = 'theirs' | 'ours';

interface Difference {
  readonly theirs: unknown;
  readonly ours: unknown;
  readonly why: string;
}

export const DIFFERENCES = {
  'the page of a foreign origin': {
    theirs: 'let in',
    ours: 'websocket error',
    why: 'browsers do not apply CORS to WebSockets, so the server has to check the origin',
  },
  'long polling': {
    theirs: 200,
    ours: 400,
    why: 'only WebSocket is served; the answer tells the client to set its transports',
  },
  'what is known of a client that has left': {
    theirs: [],
    ours: ['a room'],
    why: 'handleDisconnect may still want to emit to the rooms of the client',
  },
} as const satisfies Record<string, Difference>;
