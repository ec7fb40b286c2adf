import { SocketIoError } from '../../errors.js';
import { RESERVED_EVENTS } from '../../protocol/index.js';
import type { EventNames, EventsMap, EventTuple } from '../../server/index.js';
import { messages } from '../messages.js';
import { addHandler } from './metadata.js';
import type { EventDecorator } from './typed-events.js';

/** An event as middlewares of `socket.use` get it: name, arguments, perhaps the acknowledgement. Source: Socket.IO, `Event`. */
export type Event = EventTuple;

/**
 * Marks a method as the handler of an event. Its return value, or what it throws, is the acknowledgement
 * if the client asked for one. May be repeated for several events.
 *
 * Payloads come from the client: validate them with a pipe before trusting their type.
 * @param name of the event; the method's name without it; `'*'` for all that have no handler of their own
 * @throws SocketIoError `RESERVED_EVENT`
 */
export function Event(name?: string): MethodDecorator;
/**
 * The same, checked against a map of events, as `{ say: (text: string, ack: (id: number) => void) => void }`: the name,
 * that the method can take what is sent, and that it returns what is acknowledged. A method is checked for the
 * event of its own name, in the absence of one for all of the map; `@Event<ClientEvents, 'say'>('say')` checks
 * a method of another name.
 */
export function Event<Map extends EventsMap, Name extends EventNames<Map> = never>(
  name?: [Name] extends [never] ? EventNames<Map> | '*' : Name,
): EventDecorator<Map, Name>;
export function Event(name?: string): MethodDecorator {
  return (target, key, descriptor) => {
    const event = name ?? String(key);
    if (RESERVED_EVENTS.has(event)) {
      const where = `${target.constructor.name}.${String(key)}`;
      throw new SocketIoError('RESERVED_EVENT', messages.reservedEvent(event, where));
    }
    addHandler(descriptor.value as object, { events: [event] });
  };
}
