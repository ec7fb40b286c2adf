import { SocketIoError } from '../../errors.js';
import { RESERVED_EVENTS } from '../../protocol/internal.js';
import type { EventNames, EventsMap, EventTuple } from '../../server/internal.js';
import { messages } from '../messages.js';
import { requireModule } from '../required-module.js';
import { addHandler } from './metadata.js';
import type { EventDecorator } from './typed-events.js';

/**
 * An event as middlewares of `socket.use` get it: its name, its arguments and, if the client requested one, the
 * acknowledgement. Source: Socket.IO, `Event`.
 * @publicApi
 */
export type Event = EventTuple;

/**
 * The options of `@Event`.
 * @publicApi
 */
export interface EventOptions {
  /**
   * Whether an Observable that the method returns is a stream: the client gets each of its items, as those of an async
   * generator. Otherwise the last item acknowledges. @default false
   */
  readonly stream?: boolean;
}

/**
 * Marks a method as the handler of an event. If the client requested an acknowledgement, it gets the return value of
 * the method, or `{ error }` if the method throws. May be repeated for several events. The values of an async generator,
 * or of any async iterable, are sent as a stream: see `docs/streams.md`.
 *
 * Payloads come from the client: validate them with a pipe before trusting their type.
 * @param name of the event, or `'*'` for all events without a handler of their own. @default the method's name
 * @throws SocketIoError `RESERVED_EVENT`
 * @publicApi
 */
export function Event(name?: string, options?: EventOptions): MethodDecorator;
/**
 * Marks a method as the handler of an event, and checks it against a map of events such as
 * `{ say: (text: string, ack: (id: number) => void) => void }`: the name of the event, the parameters that the method
 * takes, and the type that it returns. A method is checked against the event of its own name, or against all events of
 * the map if no event has that name. For an event of another name, write `@Event<ClientEvents, 'say'>('say')`.
 * @publicApi
 */
export function Event<Map extends EventsMap, Name extends EventNames<Map> = never>(
  name?: [Name] extends [never] ? EventNames<Map> | '*' : Name,
  options?: EventOptions,
): EventDecorator<Map, Name>;
export function Event(name?: string, { stream = false }: EventOptions = {}): MethodDecorator {
  return (target, key, descriptor) => {
    const event = name ?? String(key);
    if (RESERVED_EVENTS.has(event)) {
      const where = `${target.constructor.name}.${String(key)}`;
      throw new SocketIoError('RESERVED_EVENT', messages.reservedEvent(event, where));
    }
    requireModule(target);
    addHandler(descriptor.value as object, { events: [event], ...(stream && { stream }) });
  };
}

/**
 * The same decorator as {@link Event}, under a name that no type of the DOM has: without an import, an editor takes
 * `Event` for the type in browsers.
 * @publicApi
 */
export const SocketEvent: typeof Event = Event;
