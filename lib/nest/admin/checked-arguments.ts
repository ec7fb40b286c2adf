/** Checks the arguments of the messages of the page. Everything in them is from a client. */
import { namespacePath } from '../../server/internal.js';
import type {
  ClientRequest,
  ClientsQuery,
  KickRequest,
  ExplainQuery,
  RoomRequest,
  RoomsQuery,
  SendRequest,
} from './admin-protocol.js';

/** An argument is not as it should be. The message is for the visitor. */
export class BadRequest extends Error {}

/** Characters of names, ids and texts. */
const MAX_TEXT = 255;

/** Rooms of a selection, and arguments of an event. */
const MAX_LIST = 100;

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 100;

const SORTS = ['age', 'waiting', 'user'] as const;

type Checked<T> = Required<T>;

/** `clients`, with defaults and an empty text for no search. */
export interface CheckedClientsQuery extends Pick<Checked<ClientsQuery>, 'search' | 'sort' | 'limit'> {
  readonly namespace: string | null;
  readonly room: string | null;
}

export interface CheckedRoomsQuery extends Pick<Checked<RoomsQuery>, 'search' | 'limit'> {
  readonly namespace: string | null;
}

/** The checks know the namespace of the page, which visitors can neither see nor use. */
export class CheckedArguments {
  readonly #hidden: string;

  /** @param hidden the namespace of the page */
  constructor(hidden: string) {
    this.#hidden = hidden;
  }

  // --- Public methods, all of which throw BadRequest ---

  clients(given: unknown): CheckedClientsQuery {
    const { namespace, room, search, sort, limit } = fields(given ?? {});
    return {
      namespace: this.#optionalNamespace(namespace),
      room: room === undefined ? null : text('room', room),
      search: searched(search),
      sort: sort === undefined ? 'age' : oneOf('sort', sort, SORTS),
      limit: limited(limit),
    };
  }

  rooms(given: unknown): CheckedRoomsQuery {
    const { namespace, search, limit } = fields(given ?? {});
    return { namespace: this.#optionalNamespace(namespace), search: searched(search), limit: limited(limit) };
  }

  explain(given: unknown): ExplainQuery {
    const { namespace, rooms, except, who } = fields(given);
    return {
      namespace: this.#namespace(namespace),
      rooms: rooms === null ? null : texts('rooms', rooms, 1),
      except: texts('except', except, 0),
      who: text('who', who),
    };
  }

  send(given: unknown): SendRequest {
    const { namespace, to, event, args } = fields(given);
    if (!Array.isArray(args) || args.length > MAX_LIST) {
      throw new BadRequest(`"args" must be a list of at most ${MAX_LIST} values`);
    }
    return {
      namespace: this.#namespace(namespace),
      to: to === null ? null : text('to', to),
      event: text('event', event),
      args: args as unknown[],
    };
  }

  client(given: unknown): ClientRequest {
    const { namespace, client } = fields(given);
    return { namespace: this.#namespace(namespace), client: text('client', client) };
  }

  room(given: unknown): RoomRequest {
    const { room } = fields(given);
    return { ...this.client(given), room: text('room', room) };
  }

  kick(given: unknown): KickRequest {
    const { reason } = fields(given);
    return { ...this.client(given), ...(reason !== undefined && { reason: text('reason', reason) }) };
  }

  // --- Inside ---

  #optionalNamespace(value: unknown): string | null {
    return value === undefined ? null : this.#namespace(value);
  }

  #namespace(value: unknown): string {
    const name = text('namespace', value);
    if (namespacePath(name) !== name || name === this.#hidden) {
      throw new BadRequest('"namespace" must be the name of a namespace, with its slash');
    }
    return name;
  }
}

function fields(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new BadRequest('the argument must be an object');
  }
  return given as Record<string, unknown>;
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT) return value;
  throw new BadRequest(`"${name}" must be a text of 1 to ${MAX_TEXT} characters`);
}

function texts(name: string, value: unknown, least: number): string[] {
  if (!Array.isArray(value) || value.length < least || value.length > MAX_LIST) {
    throw new BadRequest(`"${name}" must be a list of ${least} to ${MAX_LIST} texts`);
  }
  return value.map((one) => text(name, one));
}

function searched(value: unknown): string {
  return value === undefined || value === '' ? '' : text('search', value).toLowerCase();
}

function limited(value: unknown): number {
  if (value === undefined) return DEFAULT_LIMIT;
  if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_LIMIT) return value as number;
  throw new BadRequest(`"limit" must be a whole number from 1 to ${MAX_LIMIT}`);
}

function oneOf<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  throw new BadRequest(`"${name}" must be one of ${known.join(', ')}`);
}
