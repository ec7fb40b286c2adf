import type { Scenario } from './scenario.js';
import { BROADCAST_OPERATOR, REMOTE_SOCKET } from './scenarios/broadcast-operator.js';
import { CONNECTION, ENGINE } from './scenarios/engine.js';
import { EXPORTS } from './scenarios/exports.js';
import { EVENTS, LISTENER_CALLS, LISTENERS } from './scenarios/listeners.js';
import { NAMESPACE } from './scenarios/namespace.js';
import { OPTIONS } from './scenarios/options.js';
import { PARENT_NAMESPACE } from './scenarios/parent-namespace.js';
import { SERVER } from './scenarios/server.js';
import { SOCKET } from './scenarios/socket.js';

/** All scenarios, by the section of `docs/compatibility.md` that they are mostly about. */
export const SCENARIOS: ReadonlyMap<string, readonly Scenario[]> = new Map([
  ['Server', SERVER],
  ['Namespace', NAMESPACE],
  ['ParentNamespace', PARENT_NAMESPACE],
  ['BroadcastOperator', BROADCAST_OPERATOR],
  ['RemoteSocket', REMOTE_SOCKET],
  ['Socket', SOCKET],
  ['Listeners', [...LISTENERS, ...LISTENER_CALLS]],
  ['Events', EVENTS],
  ['Options', OPTIONS],
  ['io.engine', ENGINE],
  ['socket.conn', CONNECTION],
  ['Exports', EXPORTS],
]);
