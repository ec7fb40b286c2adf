/**
 * The namespace that a gateway declares: a name, or a rule that matches names.
 *
 * - A namespace is served by the gateways that declare its name, and by no others.
 * - If no gateway declares its name, it is served by all gateways whose pattern matches the name.
 * - If no pattern matches either, it is served by all gateways whose predicate allows the name.
 * - `'*'` opens no namespace: in every namespace, it provides the handlers that the namespace lacks.
 */
import { SocketIoError } from '../../errors.js';
import { type Namespace, type NamespaceMatcher, namespacePath, type Server } from '../../server/internal.js';
import { getNestGateway, type NestGatewayMetadata } from '../decorators/metadata.js';
import { isRoutePattern, type NamespacePattern, RegExpPattern, RoutePattern } from './namespace-pattern.js';

/**
 * Whether a client may connect to the namespace of that name. Called for every client; an exception or a rejection
 * counts as `false`.
 * @param auth the client's `auth` payload
 * @publicApi
 */
export type NamespacePredicate = (name: string, auth: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>;

/** A predicate, and the matcher that the server calls for it. */
export interface PredicateRule {
  readonly predicate: NamespacePredicate;
  readonly matcher: NamespaceMatcher;
}

export interface GatewayNamespace {
  /** The name, `'*'`, or the rule as messages print it. */
  readonly namespace: string;
  readonly rule?: NamespacePattern | PredicateRule;
}

/** The namespace and the concurrency that `@Gateway` or `@WebSocketGateway` declares. */
export interface GatewayMetadata extends GatewayNamespace {
  /** Whether the events of a client are handled one after the other. */
  readonly serial?: boolean;
}

/** Stands for all namespaces. It cannot be the name of one, because names start with a slash. */
export const WILDCARD = '*';

/** The key of our metadata among the options of Nest's decorator. */
const METADATA = Symbol('nest-socketio:gateway');

type NestOptions = NestGatewayMetadata['options'] & { readonly [METADATA]?: GatewayMetadata };

/** The metadata of gateways with `@WebSocketGateway`, by their options. */
const metadataByOptions = new WeakMap<object, GatewayMetadata>();

/** The options for Nest's decorator, which Nest passes to the adapter. */
export function toNestOptions(gateway: GatewayMetadata): NestOptions {
  const { namespace } = gateway;
  return { ...(namespace === '/' ? {} : { namespace }), [METADATA]: gateway };
}

/**
 * The metadata of a gateway, with either decorator.
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function metadataOf({ options }: { readonly options: NestOptions }): GatewayMetadata {
  const known = options[METADATA] ?? metadataByOptions.get(options);
  if (known !== undefined) return known;
  const metadata = gatewayNamespace(options.namespace ?? '/');
  metadataByOptions.set(options, metadata);
  return metadata;
}

/** Whether a gateway has Nest's decorator `@WebSocketGateway` rather than `@Gateway`. */
export function isDropIn({ options }: { readonly options: NestOptions }): boolean {
  return options[METADATA] === undefined;
}

/** The metadata of a class; `undefined` if it is not a gateway. */
export function metadataOfClass(type: object): GatewayMetadata | undefined {
  const gateway = getNestGateway(type);
  return gateway === undefined ? undefined : metadataOf(gateway);
}

/**
 * Reads the option `namespace` of a gateway.
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function gatewayNamespace(given: unknown): GatewayNamespace {
  if (given === WILDCARD) return { namespace: WILDCARD };
  if (typeof given === 'string') {
    const namespace = namespacePath(given);
    return isRoutePattern(namespace) ? { namespace, rule: new RoutePattern(namespace) } : { namespace };
  }
  if (given instanceof RegExp) return { namespace: String(given), rule: new RegExpPattern(given) };
  if (typeof given === 'function') {
    const predicate = given as NamespacePredicate;
    const namespace =
      predicate.name === '' ? 'namespaces that a predicate allows' : `namespaces that ${predicate.name}() allows`;
    return { namespace, rule: { predicate, matcher: matcherOf(predicate) } };
  }
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    'the namespace of @Gateway() must be a name, a pattern like "/rooms/:id", a RegExp or a predicate, ' +
      `got ${String(given)}`,
  );
}

/** The namespace to which the handlers of a gateway are bound. For a rule, the parent of matching namespaces. */
export function serveNamespace(server: Server, { namespace, rule }: GatewayNamespace): Namespace {
  if (namespace === WILDCARD) return server.forAll();
  if (rule === undefined) return server.of(namespace);
  return isPattern(rule) ? server.share(rule, rule.key) : server.share(rule.matcher, namespace);
}

export function isPattern(rule: GatewayNamespace['rule']): rule is NamespacePattern {
  return rule !== undefined && 'serves' in rule;
}

/** Whether two gateways are known to serve a common namespace before any client connects. */
export function overlap(one: GatewayNamespace, other: GatewayNamespace): boolean {
  if (one.rule === undefined || other.rule === undefined) {
    return one.rule === other.rule && one.namespace === other.namespace; // a name takes precedence over every rule
  }
  if (isPattern(one.rule)) return isPattern(other.rule) && one.rule.overlaps(other.rule);
  return !isPattern(other.rule) && one.rule.predicate === other.rule.predicate;
}

function matcherOf(predicate: NamespacePredicate): NamespaceMatcher {
  return (name, auth, next) => {
    const answer: unknown = predicate(name, auth);
    if (typeof answer === 'boolean') return next(null, answer);
    return Promise.resolve(answer).then((allowed) => next(null, allowed === true));
  };
}
