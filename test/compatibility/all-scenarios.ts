import type { Scenario } from './scenario.js';
import { BROADCAST_OPERATOR } from './scenarios/broadcast-operator.js';
import { CLOSE } from './scenarios/close.js';
import { CONNECTION } from './scenarios/connection.js';
import { DISCONNECT } from './scenarios/disconnect.js';
import { ENGINE } from './scenarios/engine.js';
import { EVENTS } from './scenarios/events.js';
import { EXPORTS } from './scenarios/exports.js';
import { LISTENER_CALLS, LISTENERS } from './scenarios/listeners.js';
import { NAMESPACE } from './scenarios/namespace.js';
import { OPTIONS } from './scenarios/options.js';
import { PARENT_NAMESPACE } from './scenarios/parent-namespace.js';
import { RECOVERY } from './scenarios/recovery.js';
import { REMOTE_SOCKET } from './scenarios/remote-socket.js';
import { SERVER } from './scenarios/server.js';
import { SOCKET } from './scenarios/socket.js';

/** All scenarios, by the heading under which `docs/side-by-side.md` has them. */
export const ALL_SCENARIOS: ReadonlyMap<string, readonly Scenario[]> = new Map([
  ['Server', [...SERVER, ...CLOSE]],
  ['Namespace', NAMESPACE],
  ['ParentNamespace', PARENT_NAMESPACE],
  ['BroadcastOperator', BROADCAST_OPERATOR],
  ['RemoteSocket', REMOTE_SOCKET],
  ['Socket', SOCKET],
  ['The end of a connection', DISCONNECT],
  ['Connection state recovery', RECOVERY],
  ['Listeners', [...LISTENERS, ...LISTENER_CALLS]],
  ['Events', EVENTS],
  ['Options', OPTIONS],
  ['io.engine', ENGINE],
  ['socket.conn', CONNECTION],
  ['Exports', EXPORTS],
]);
