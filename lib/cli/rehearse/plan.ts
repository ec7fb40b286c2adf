/** The arguments of the command, checked, with the bounds of what it may do. */
import { parseArgs } from 'node:util';
import { UsageError } from '../command.js';
import type { Dialect, EventTemplate } from './participant.js';

export interface Plan {
  /** Origins, such as `http://127.0.0.1:3000`. */
  readonly urls: readonly string[];
  /** The path of Engine.IO. */
  readonly path: string;
  /** `null` to use `/rehearsal`, or the main namespace if the deployment does not have that one. */
  readonly namespace: string | null;
  readonly auth: Readonly<Record<string, unknown>> | null;
  readonly clients: number;
  /** Messages of a client per second. */
  readonly rate: number;
  /** How long the clients talk, not counting the time of restarts. */
  readonly seconds: number;
  /** Shell commands, run one after the other. */
  readonly restarts: readonly string[];
  readonly dialect: Dialect;
  /** Whether the user gave the events, so that the deployment must know them. */
  readonly isOwnDialect: boolean;
  /** Clients in a room, at most. */
  readonly roomSize: number;
  /** ms after which a message is late */
  readonly late: number;
  /** Messages that may be lost. */
  readonly maxLost: number;
  /** The path of the SVG file. */
  readonly picture: string | null;
  /** The path of the JSON file. */
  readonly json: string | null;
}

/** The events of the gateway in docs/rehearsal.md. */
const DEFAULT_DIALECT = { join: '["rehearsal:join", "$room"]', send: '["rehearsal", "$room", "$message"]' };

/** With more, the process of the command would be busier than the deployment, and would cause the delays. */
const MAX_DELIVERIES_PER_SECOND = 20_000;

/** Each delivery is remembered until the end, and takes some 150 bytes. */
const MAX_DELIVERIES = 2_000_000;

const MAX_CLIENTS = 10_000;
const MAX_RATE = 1_000;
const MAX_SECONDS = 3_600;

/** If the events name a room. Otherwise, all clients hear each other. */
const ROOM_SIZE = 10;

const OPTIONS = {
  url: { type: 'string', multiple: true },
  path: { type: 'string', default: '/socket.io/' },
  namespace: { type: 'string' },
  auth: { type: 'string' },
  clients: { type: 'string', default: '50' },
  rate: { type: 'string', default: '1' },
  seconds: { type: 'string', default: '30' },
  restart: { type: 'string', multiple: true },
  join: { type: 'string' },
  send: { type: 'string' },
  late: { type: 'string', default: '1000' },
  'max-lost': { type: 'string', default: '0' },
  picture: { type: 'string' },
  json: { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
} as const;

/** @throws UsageError */
export function readPlan(args: readonly string[]): Plan {
  const values = parse(args);
  const isOwnDialect = values.send !== undefined;
  if (values.join !== undefined && !isOwnDialect)
    throw new UsageError('--join needs --send, the event that follows it.');
  const { join = isOwnDialect ? undefined : DEFAULT_DIALECT.join, send = DEFAULT_DIALECT.send } = values;
  const dialect = {
    join: join === undefined ? null : readEvent('--join', join),
    send: readEvent('--send', send),
  };
  if (!send.includes('$message')) throw new UsageError(`--send must contain "$message", got ${send}`);
  const clients = readInteger('--clients', values.clients, 2, MAX_CLIENTS);
  const hasRooms = `${join ?? ''}${send}`.includes('$room');
  const plan: Plan = {
    urls: (values.url ?? []).map((url) => readUrl(url, values['allow-host'] ?? [])),
    path: values.path,
    namespace: readNamespace(values.namespace, isOwnDialect),
    auth: values.auth === undefined ? null : readAuth(values.auth),
    clients,
    rate: readNumber('--rate', values.rate, 0.01, MAX_RATE),
    seconds: readNumber('--seconds', values.seconds, 1, MAX_SECONDS),
    restarts: values.restart ?? [],
    dialect,
    isOwnDialect,
    roomSize: hasRooms ? Math.min(ROOM_SIZE, clients) : clients,
    late: readInteger('--late', values.late, 1, 60_000),
    maxLost: readInteger('--max-lost', values['max-lost'], 0, Number.MAX_SAFE_INTEGER),
    picture: values.picture ?? null,
    json: values.json ?? null,
  };
  if (plan.urls.length === 0) throw new UsageError('--url must name the deployment, such as http://127.0.0.1:3000.');
  checkLoad(plan);
  return plan;
}

/** Describes what the command is going to do. */
export function describePlan(plan: Plan): string {
  const { urls, namespace, clients, rate, seconds, restarts, roomSize } = plan;
  const place = namespace === null ? '' : `, namespace ${namespace}`;
  const rooms = roomSize === clients ? 'all in one room' : `in rooms of at most ${roomSize}`;
  const steps =
    restarts.length === 0
      ? ['No --restart is given: restart the deployment by hand meanwhile, or only measure.']
      : restarts.map((command) => `Then it runs: ${command}`);
  return [
    `Connects ${clients} clients to ${urls.join(' and ')}${place}, ${rooms}.`,
    `Each sends ${rate === 1 ? 'a message' : `${rate} messages`} a second for ${seconds} s.`,
    ...steps,
    'Ctrl-C ends it early, with a report.',
    '',
  ].join('\n');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readUrl(text: string, allowed: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
    throw new UsageError(`--url must be an address such as http://127.0.0.1:3000, got ${text}`);
  }
  if (url.pathname !== '/' || url.search !== '') {
    throw new UsageError(
      `--url must have no path, got ${text}. Write the path of Socket.IO as --path, and the namespace as --namespace.`,
    );
  }
  const { hostname } = url;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (!isLoopback && !allowed.includes(hostname)) {
    throw new UsageError(
      `${hostname} is not this machine. The command loads a deployment and breaks its connections: if it is yours, ` +
        `confirm it with --allow-host ${hostname}`,
    );
  }
  return `${url.protocol}//${url.host}`;
}

function readNamespace(name: string | undefined, isOwnDialect: boolean): string | null {
  if (name === undefined) return isOwnDialect ? '/' : null;
  if (!name.startsWith('/')) throw new UsageError(`--namespace must start with a slash, got ${name}`);
  return name;
}

function readAuth(text: string): Readonly<Record<string, unknown>> {
  const auth = readJson('--auth', text);
  if (typeof auth !== 'object' || auth === null || Array.isArray(auth)) {
    throw new UsageError(`--auth must be a JSON object, got ${text}`);
  }
  return auth as Readonly<Record<string, unknown>>;
}

function readEvent(option: string, text: string): EventTemplate {
  const event = readJson(option, text);
  if (!Array.isArray(event) || typeof event[0] !== 'string') {
    throw new UsageError(`${option} must be a JSON array with the name of an event first, got ${text}`);
  }
  return event as unknown as EventTemplate;
}

function readJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${option} must be JSON, got ${text}`);
  }
}

function readInteger(option: string, text: string, min: number, max: number): number {
  const value = readNumber(option, text, min, max);
  if (!Number.isInteger(value)) throw new UsageError(`${option} must be an integer, got ${text}`);
  return value;
}

function readNumber(option: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max) return value;
  throw new UsageError(`${option} must be a number from ${min} to ${max}, got ${text}`);
}

/** Refuses a load that this process could not carry. */
function checkLoad({ clients, rate, seconds, roomSize }: Plan): void {
  const perMessage = clients * (roomSize - 1);
  const most = Math.min(MAX_DELIVERIES_PER_SECOND, MAX_DELIVERIES / seconds);
  if (perMessage * rate <= most) return;
  throw new UsageError(
    `${clients} clients, each hearing ${roomSize - 1} others, get ${Math.round(perMessage * rate)} messages a second. ` +
      `For ${seconds} s, this command receives at most ${Math.floor(most)} a second: lower --rate or --clients.`,
  );
}
