/**
 * The attributes of spans. Names that start with `messaging` are those of `@opentelemetry/instrumentation-socket.io`
 * 0.70, so that its dashboards and alerts go on to work; `socketio` ones are additions.
 */
import type { Attributes } from '@opentelemetry/api';
import type { Emission } from '../emission.js';
import type { HandledEvent } from '../instrument.js';
import type { WatchedSocket } from '../watched-socket.js';

/** Rooms of an emit that are listed: an emit may name thousands. */
const MAX_ROOMS = 10;

/** Characters of a name that a client or the application has chosen freely. */
const MAX_NAME = 128;

const SYSTEM = 'socket.io';

/** Set before a sampler decides. */
export function attributesOfEvent({ socket, packet: { data } }: HandledEvent): Attributes {
  return {
    'messaging.system': SYSTEM,
    'messaging.destination': socket.nsp.name,
    'messaging.operation': 'receive',
    'messaging.socket.io.event_name': shortened(String(data[0])),
  };
}

/** Set only if the span is recorded. */
export function detailsOfEvent({ socket, packet: { id }, handler, size }: HandledEvent): Attributes {
  return {
    'socketio.client.id': socket.id,
    'socketio.ack.requested': id !== undefined,
    ...(size > 0 && { 'socketio.bytes': size }),
    ...(handler !== null && { 'code.function.name': handler }),
  };
}

/** Set before a sampler decides. */
export function attributesOfEmit({ namespace, event }: Emission): Attributes {
  return {
    'messaging.system': SYSTEM,
    'messaging.destination_kind': 'topic',
    'messaging.destination': namespace,
    'messaging.socket.io.namespace': namespace,
    'messaging.socket.io.event_name': shortened(event),
  };
}

/** Set only if the span is recorded, when the receivers of this server have been served. */
export function detailsOfEmit({ target: { rooms }, wantsAck, receivers, dropped, bytes }: Emission): Attributes {
  return {
    ...(rooms !== null && { 'messaging.socket.io.rooms': rooms.slice(0, MAX_ROOMS).map(shortened) }),
    'socketio.ack.requested': wantsAck,
    'socketio.receivers': receivers,
    'socketio.dropped': dropped,
    'socketio.bytes': bytes,
  };
}

/** Set before a sampler decides: of the delivery of a broadcast that another server has sent. */
export function attributesOfDelivery(namespace: string): Attributes {
  return { 'messaging.system': SYSTEM, 'messaging.destination': namespace, 'messaging.operation': 'deliver' };
}

/** Set before a sampler decides. @param operation `connect` or `disconnect` */
export function attributesOfClient({ id, nsp }: WatchedSocket, operation: string): Attributes {
  return {
    'messaging.system': SYSTEM,
    'messaging.destination': nsp.name,
    'messaging.operation': operation,
    'socketio.client.id': id,
  };
}

function shortened(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
}
