/**
 * The server side of the admin page: its namespace, which a page enters with a ticket, and the answers to its messages,
 * from all servers of the cluster. Until the first visit, nothing is counted or measured.
 */
import type { Clock, Log, Timer } from '../../engine/internal.js';
import { label, quote } from '../../errors.js';
import { ConnectionRefused, type Namespace, type Server, type Socket } from '../../server/internal.js';
import { AdminActions, NotFound } from './admin-actions.js';
import type { ResolvedAdminOptions } from './admin-options.js';
import type {
  AdminError,
  ClientRequest,
  ExplainAnswer,
  ExplainQuery,
  NodeIdentity,
  Traffic,
} from './admin-protocol.js';
import { BadRequest, CheckedArguments, type CheckedClientsQuery, type CheckedRoomsQuery } from './checked-arguments.js';
import type { EventFigure } from './event-figures.js';
import { FollowedClients, RENEWAL } from './followed-clients.js';
import { type Answers, mergedClients, mergedEvents, mergedOverview, mergedRooms } from './merged-answers.js';
import { OtherServers, type Respondent } from './other-servers.js';
import type { RecentFailures } from './recent-failures.js';
import { type ServerClients, type ServerOverview, type ServerRooms, ServerSurvey } from './server-survey.js';
import { Tickets, type Visitor } from './tickets.js';

/** The services of the application that the console uses. */
export interface ConsoleServices {
  readonly server: Server;
  readonly log: Log;
  readonly clock: Clock;
  readonly failures: RecentFailures;
  /** Of this server, if it has no cluster. */
  readonly identity: Pick<NodeIdentity, 'id' | 'version'>;
}

/** Answers one message of the page. */
type Answerer = (argument: unknown, visitor: Visitor, socket: Socket) => unknown;

/** ms after which a page has to enter again, with a ticket that the guard has let it have. */
const VISIT = 3_600_000;

/** Unknown tickets about which the other servers are asked at the same time. */
const MAX_TICKET_QUESTIONS = 20;

export class AdminConsole implements Respondent {
  readonly tickets: Tickets;
  readonly #options: ResolvedAdminOptions;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #namespace: Namespace;
  readonly #survey: ServerSurvey;
  readonly #others: OtherServers;
  readonly #followed: FollowedClients;
  readonly #actions: AdminActions;
  readonly #visitors = new WeakMap<Socket, Visitor>();
  /** The timers that renew the interest of visitors that follow a client, by the id of their sockets. */
  readonly #following = new Map<string, Timer>();
  #ticketQuestions = 0;

  /** Created before any gateway is bound, so that no pattern of a gateway serves the namespace of the page. */
  constructor(options: ResolvedAdminOptions, { server, log, clock, failures, identity }: ConsoleServices) {
    const { path, payloads } = options;
    this.#options = options;
    this.#server = server;
    this.#clock = clock;
    this.#log = log;
    this.tickets = new Tickets(clock);
    this.#namespace = server.of(path);
    this.#namespace.isUnwatched = true;
    this.#survey = new ServerSurvey(server, path, failures, identity);
    this.#others = new OtherServers(this.#namespace, this);
    this.#followed = new FollowedClients(server, clock, payloads, (viewer, traffic) => this.#notify(viewer, traffic));
    this.#actions = new AdminActions(server, log, (request) => this.#isElsewhere(request));
    this.#admitWithTickets();
    this.#bind();
  }

  onModuleDestroy(): void {
    for (const following of this.#following.values()) following.cancel();
    this.#followed.close();
  }

  // --- For the other servers ---

  answer(subject: string, argument: unknown): unknown {
    switch (subject) {
      case 'overview':
        this.#visited();
        return this.#survey.overview();
      case 'clients':
        return this.#survey.clients(argument as CheckedClientsQuery);
      case 'rooms':
        return this.#survey.rooms(argument as CheckedRoomsQuery);
      case 'events':
        this.#visited();
        return this.#survey.events();
      case 'ticket':
        return this.tickets.take(String(argument));
      case 'has':
        return this.#has(argument as ClientRequest);
      case 'follow': {
        const { viewer, ...request } = argument as ClientRequest & { readonly viewer: string };
        return this.#followed.follow(viewer, request);
      }
      default:
        return null; // a question of a later version
    }
  }

  unfollow(viewer: string): void {
    this.#followed.unfollow(viewer);
  }

  // --- Inside: entering ---

  #admitWithTickets(): void {
    this.#namespace.use(async (socket, next) => {
      const visitor = await this.#visitorOf(socket.auth['ticket']);
      if (visitor === null) return next(refusal());
      this.#visitors.set(socket, visitor);
      if (visitor.user !== null) socket.userId = visitor.user; // `disconnectUser` ends the visit
      socket.expiresAt = Date.now() + VISIT;
      next();
    });
    this.#namespace.onConnect((socket) => {
      if (!this.#visitors.has(socket)) throw refusal(); // recovery may skip the middlewares
    });
    this.#namespace.onDisconnect(({ id }) => this.#stopFollowing(id));
  }

  /** @returns `null` unless the ticket is valid here or on another server */
  async #visitorOf(ticket: unknown): Promise<Visitor | null> {
    if (!Tickets.isTicket(ticket)) return null;
    const own = this.tickets.take(ticket);
    if (own !== null || this.#ticketQuestions >= MAX_TICKET_QUESTIONS) return own;
    this.#ticketQuestions++;
    try {
      const { parts } = await this.#others.ask('ticket', ticket, isVisitor);
      return parts[0] ?? null;
    } finally {
      this.#ticketQuestions--;
    }
  }

  // --- Inside: messages of the page ---

  #bind(): void {
    const checked = new CheckedArguments(this.#options.path);
    const queries: Readonly<Record<string, Answerer>> = {
      overview: async () => mergedOverview(await this.#ask('overview', null, isOverview), this.#nodes, this.#options),
      clients: async (argument) => {
        const query = checked.clients(argument);
        return mergedClients(await this.#ask('clients', query, isClients), query);
      },
      rooms: async (argument) => {
        const query = checked.rooms(argument);
        return mergedRooms(await this.#ask('rooms', query, isRooms), query);
      },
      events: async () => mergedEvents(await this.#ask('events', null, areEvents)),
      explain: (argument) => this.#explain(checked.explain(argument)),
      follow: async (argument, visitor, { id }) => {
        const request = checked.client(argument);
        await this.#follow(id, request);
        this.#actions.log(visitor, `follows client ${quote(request.client)} of ${label(request.namespace)}`);
      },
      unfollow: (_argument, _visitor, { id }) => this.#stopFollowing(id),
    };
    const actions: Readonly<Record<string, Answerer>> = {
      send: (argument, visitor) => this.#actions.send(checked.send(argument), visitor),
      join: (argument, visitor) => this.#actions.join(checked.room(argument), visitor),
      leave: (argument, visitor) => this.#actions.leave(checked.room(argument), visitor),
      kick: (argument, visitor) => this.#actions.kick(checked.kick(argument), visitor),
    };
    for (const [event, answerer] of Object.entries(queries)) this.#on(event, answerer);
    for (const [event, answerer] of Object.entries(actions)) {
      this.#on(event, this.#options.readOnly ? () => failure('read_only', 'the page can only watch') : answerer);
    }
  }

  #on(event: string, answerer: Answerer): void {
    this.#namespace.onEvent(event, async (socket, { id, data }) => {
      const visitor = this.#visitors.get(socket);
      if (visitor === undefined) return;
      const answer = await this.#answered(event, () => answerer(data[1], visitor, socket));
      if (id !== undefined) socket.acknowledge(id, [answer ?? {}]);
    });
  }

  async #answered(event: string, answer: () => unknown): Promise<unknown> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof BadRequest) return failure('bad_request', error.message);
      if (error instanceof NotFound) return failure('not_found', error.message);
      this.#log.error(`the admin page got no answer to "${event}"`, error);
      return failure('internal', 'Internal server error');
    }
  }

  async #explain({ namespace, rooms, except, who }: ExplainQuery): Promise<ExplainAnswer> {
    const everybody = this.#server.reach(namespace).except([...except]);
    const explanation = await this.#server.explain(rooms === null ? everybody : everybody.to([...rooms]), who);
    const { path } = this.#options;
    return {
      ...explanation,
      otherNamespaces: explanation.otherNamespaces.filter((name) => name !== path),
      text: String(explanation),
    };
  }

  // --- Inside: following ---

  /** @throws NotFound */
  async #follow(viewer: string, request: ClientRequest): Promise<void> {
    this.#stopFollowing(viewer);
    if (!this.#followed.follow(viewer, request) && !(await this.#followElsewhere(viewer, request))) {
      throw new NotFound(request);
    }
    this.#renew(viewer, request);
    if (!this.#namespace.sockets.has(viewer)) this.#stopFollowing(viewer); // the visitor has left meanwhile
  }

  async #followElsewhere(viewer: string, request: ClientRequest): Promise<boolean> {
    const { parts } = await this.#others.ask('follow', { viewer, ...request }, isBoolean);
    return parts.includes(true);
  }

  #renew(viewer: string, request: ClientRequest): void {
    this.#following.get(viewer)?.cancel();
    const timer = this.#clock.after(RENEWAL, async () => {
      const isFound = this.#followed.follow(viewer, request) || (await this.#followElsewhere(viewer, request));
      if (this.#following.get(viewer) !== timer) return; // the visitor has stopped, or follows another client
      if (isFound) this.#renew(viewer, request);
      else this.#following.delete(viewer);
    });
    this.#following.set(viewer, timer);
  }

  #stopFollowing(viewer: string): void {
    this.#followed.unfollow(viewer);
    this.#following.get(viewer)?.cancel();
    if (this.#following.delete(viewer)) this.#others.unfollow(viewer);
  }

  #notify(viewer: string, traffic: Traffic): void {
    this.#namespace.to(viewer).volatile.emit('traffic', traffic);
  }

  // --- Inside: the cluster ---

  async #ask<T>(subject: string, argument: unknown, isAnswer: (answer: unknown) => answer is T): Promise<Answers<T>> {
    const own = this.answer(subject, argument) as T;
    const { parts, silent } = await this.#others.ask(subject, argument, isAnswer);
    return { parts: [own, ...parts], silent };
  }

  get #nodes(): Server['cluster']['nodes'] {
    return this.#server.cluster.nodes;
  }

  async #isElsewhere(request: ClientRequest): Promise<boolean> {
    const { parts } = await this.#others.ask('has', request, isBoolean);
    return parts.includes(true);
  }

  #has({ namespace, client }: ClientRequest): boolean {
    return this.#server._nsps.get(namespace)?.sockets.has(client) === true;
  }

  /** Starts to count and measure. */
  #visited(): void {
    this.#server.metrics.start();
  }
}

/** The refusal of a client without a ticket is that of an unknown namespace. */
function refusal(): ConnectionRefused {
  return new ConnectionRefused('Invalid namespace');
}

function failure(code: AdminError['error']['code'], message: string): AdminError {
  return { error: { code, message } };
}

// The answers of other servers. Their parts are trusted as far as their shape goes.

const isBoolean = (answer: unknown): answer is boolean => typeof answer === 'boolean';

function isVisitor(answer: unknown): answer is Visitor {
  const { user, address } = (answer ?? {}) as Partial<Visitor>;
  return (user === null || typeof user === 'string') && typeof address === 'string';
}

function isOverview(answer: unknown): answer is ServerOverview {
  const { node, namespaces, refusals, limits, failures } = (answer ?? {}) as Partial<ServerOverview>;
  return typeof node?.id === 'string' && [namespaces, refusals, limits, failures].every(Array.isArray);
}

function isClients(answer: unknown): answer is ServerClients {
  const { total, clients } = (answer ?? {}) as Partial<ServerClients>;
  return typeof total === 'number' && Array.isArray(clients);
}

function isRooms(answer: unknown): answer is ServerRooms {
  const { total, rooms } = (answer ?? {}) as Partial<ServerRooms>;
  return typeof total === 'number' && Array.isArray(rooms);
}

function areEvents(answer: unknown): answer is readonly EventFigure[] {
  return (
    Array.isArray(answer) && answer.every((one) => Array.isArray((one as Partial<EventFigure>)?.durations?.counts))
  );
}
