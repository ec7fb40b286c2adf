/**
 * What a gateway may say of its namespace, as one typed value: a name, or the rule by which names are
 * served. A name that is served as such is served by nobody else; where no name fits, all patterns that do
 * serve the namespace together; where none does, predicates are asked. `'*'` serves no name by itself: it stands
 * in, in all namespaces, for handlers that they have not.
 */
import { SocketIoError } from '../../errors.js';
import { type Namespace, type NamespaceMatcher, namespacePath, type Server } from '../../server/index.js';
import { getNestGateway, type NestGatewayMetadata } from '../decorators/metadata.js';
import { isSegmentPattern, type NamespacePattern, RegExpPattern, SegmentPattern } from './namespace-pattern.js';

/**
 * Whether a client may come into the namespace of that name. It is asked for every client; a throw or
 * rejection is a no.
 * @param auth what the client sent as `auth`
 */
export type NamespacePredicate = (name: string, auth: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>;

/** A predicate in the shape that the server asks for, made once. */
export interface PredicateRule {
  readonly predicate: NamespacePredicate;
  readonly matcher: NamespaceMatcher;
}

export interface GatewayNamespace {
  /** A name, `*` for all, or what stands for the rule in messages. */
  readonly namespace: string;
  readonly rule?: NamespacePattern | PredicateRule;
}

/** What `@Gateway` says of a class. */
export interface GatewayMetadata extends GatewayNamespace {
  /** Whether events of one client are handled one after the other. */
  readonly serial?: boolean;
}

/** What a gateway for all namespaces says; a name begins with a slash. */
export const EVERYWHERE = '*';

/** Where it stands among the options of Nest's decorator. */
const SERVED = Symbol('nest-socketio:served');

type GatewayOptions = NestGatewayMetadata['options'] & { readonly [SERVED]?: GatewayMetadata };

/** What a gateway of Nest's own serves, made once: it is asked for with messages. */
const understood = new WeakMap<object, GatewayMetadata>();

/** The options for Nest's decorator, which it hands to the adapter. */
export function nestOptions(gateway: GatewayMetadata): GatewayOptions {
  const { namespace } = gateway;
  return { ...(namespace === '/' ? {} : { namespace }), [SERVED]: gateway };
}

/**
 * What a gateway serves, whichever decorator is on it.
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function servedBy({ options }: { readonly options: GatewayOptions }): GatewayMetadata {
  const known = options[SERVED] ?? understood.get(options);
  if (known !== undefined) return known;
  const served = gatewayNamespace(options.namespace ?? '/');
  understood.set(options, served);
  return served;
}

/** The same of a class; `undefined` when it is no gateway. */
export function gatewayOf(type: object): GatewayMetadata | undefined {
  const gateway = getNestGateway(type);
  return gateway === undefined ? undefined : servedBy(gateway);
}

/** @throws SocketIoError `INVALID_ARGUMENT` */
export function gatewayNamespace(given: unknown): GatewayNamespace {
  if (given === EVERYWHERE) return { namespace: EVERYWHERE };
  if (typeof given === 'string') {
    const namespace = namespacePath(given);
    return isSegmentPattern(namespace) ? { namespace, rule: new SegmentPattern(namespace) } : { namespace };
  }
  if (given instanceof RegExp) return { namespace: String(given), rule: new RegExpPattern(given) };
  if (typeof given === 'function') {
    const predicate = given as NamespacePredicate;
    const namespace = predicate.name === '' ? 'what a predicate allows' : `what ${predicate.name}() allows`;
    return { namespace, rule: { predicate, matcher: matcherOf(predicate) } };
  }
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `@Gateway(${String(given)}): a namespace is a name, a pattern as "/rooms/:id", a RegExp or a predicate`,
  );
}

/** The namespace on which the handlers of a gateway stand. For a rule, it is what all that it serves have in common. */
export function serveNamespace(server: Server, { namespace, rule }: GatewayNamespace): Namespace {
  if (namespace === EVERYWHERE) return server.forAll();
  if (rule === undefined) return server.of(namespace);
  return isPattern(rule) ? server.share(rule, rule.key) : server.share(rule.matcher, namespace);
}

export function isPattern(rule: GatewayNamespace['rule']): rule is NamespacePattern {
  return rule !== undefined && 'serves' in rule;
}

/** Whether it is known before a client comes that two gateways serve one namespace. */
export function overlap(one: GatewayNamespace, other: GatewayNamespace): boolean {
  if (one.rule === undefined || other.rule === undefined) {
    return one.rule === other.rule && one.namespace === other.namespace; // a name goes before every rule
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
