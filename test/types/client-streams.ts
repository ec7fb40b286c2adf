/**
 * Code that `nest-socketio/client` allows and rejects. The type check of the repository compiles it; it never runs. Each
 * `@ts-expect-error` marks one error, and its reason says which.
 */
import { stream, type StreamAnswer, type TypedStream } from 'nest-socketio/client';
import type { Socket } from 'socket.io-client';

interface Token {
  readonly word: string;
}

/** Events from clients. */
interface ClientEvents {
  ask: (question: string, ack: (answer: StreamAnswer<Token>) => void) => void;
  count: (ack: (answer: StreamAnswer<number>) => void) => void;
  say: (text: string, ack: (length: number) => void) => void;
  leave: () => void;
}

/** Events to clients. */
interface ServerEvents {
  said: (text: string) => void;
}

declare const plain: Socket;
declare const typed: Socket<ServerEvents, ClientEvents>;
declare const signal: AbortSignal;
declare function use(value: unknown): void;

const streamOf: TypedStream<ClientEvents> = stream;

export async function allowed(): Promise<readonly (string | number)[]> {
  const values: (string | number)[] = [];
  for await (const token of stream<Token>(plain, 'ask', 'why?')) values.push(token.word);
  for await (const token of stream<Token>(typed, 'ask', 'why?', signal)) values.push(token.word);
  for await (const token of streamOf(typed, 'ask', 'why?')) values.push(token.word);
  for await (const count of streamOf(plain, 'count', signal)) values.push(count.toFixed(1));
  const numbers = streamOf(typed, 'count');
  numbers.cancel();
  return values;
}

export async function rejected(): Promise<void> {
  // @ts-expect-error -- without a type, a value is unknown
  for await (const token of stream(plain, 'ask', 'why?')) use(token.word);
  // @ts-expect-error -- a value of this stream is a number
  for await (const count of streamOf(typed, 'count')) use(count.word);
  // @ts-expect-error -- the question is missing
  streamOf(typed, 'ask');
  // @ts-expect-error -- the question is a string
  streamOf(typed, 'ask', 7);
  // @ts-expect-error -- the event is unknown
  streamOf(typed, 'asked', 'why?');
  // @ts-expect-error -- the event answers with a number, not with a stream
  streamOf(typed, 'say', 'why?');
  // @ts-expect-error -- the event has no answer
  streamOf(typed, 'leave');
  // @ts-expect-error -- not a socket
  stream({ emit: () => {} }, 'ask');
}
