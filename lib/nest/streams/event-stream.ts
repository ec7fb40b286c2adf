/** Opens the stream that a handler has returned, and acknowledges the event with its id. */
import { WsException } from '@nestjs/websockets';
import type { Log } from '../../engine/internal.js';
import { streamRefusal } from '../../server/internal.js';
import type { Call } from '../call.js';
import { describeError, FilterAnswer } from '../events/answer.js';
import { messages } from '../messages.js';
import { releaseSignal } from './call-signals.js';

/**
 * @param id of the acknowledgement
 * @param where class and method of the handler
 * @throws WsException if the client cannot have the stream
 */
export function openStream(
  call: Call,
  id: number | undefined,
  values: AsyncIterable<unknown>,
  where: string,
  log: Log,
): void {
  const { client } = call;
  const controller = releaseSignal(call);
  if (!client.isReachable) return abandon(values, controller);
  const { streams } = client.nsp.server;
  const opened =
    id === undefined
      ? streamRefusal('stream_needs_ack')
      : streams.open(client, {
          values,
          controller,
          describe: (error) => (error instanceof FilterAnswer ? error.value : describeError(error, where, log, call)),
          failed: (error) => log.error(messages.streamFailed(where), error, { ...call.logFields, handler: where }),
        });
  if ('code' in opened) {
    abandon(values, controller);
    throw new WsException(opened);
  }
  client.acknowledge(id as number, [{ stream: opened.id }]);
  client.inOrder(() => opened.proceed(), 0);
}

/** Ends values that no client gets. Errors of that do not matter: nothing has been taken from them. */
function abandon(values: AsyncIterable<unknown>, controller: AbortController | null): void {
  controller?.abort();
  void (async () => values[Symbol.asyncIterator]().return?.())().catch(() => {});
}
