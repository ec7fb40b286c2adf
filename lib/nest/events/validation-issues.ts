/**
 * The issues that Nest's validation pipes find, with their paths. The exceptions of these pipes hold only texts, so the
 * issues are taken from the function that makes the exception, and used if that is Nest's own: a custom
 * `exceptionFactory` decides by itself what clients get.
 */
import { type PipeTransform, StandardSchemaValidationPipe, type ValidationError, ValidationPipe } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { isThenable } from '../../engine/internal.js';

/** One issue in the `details` of a failed validation. */
export interface ValidationIssue {
  /** Where in the payload, as in `items.0.amount`; empty for the payload as a whole. */
  readonly path: string;
  readonly message: string;
  /** The rule: `isString` and the like for class-validator, the `code` of the issue for a Standard Schema. */
  readonly code?: string;
}

/** Returns the issues of an exception; `undefined` if its response is not Nest's own list of messages. */
type FindIssues = () => readonly ValidationIssue[] | undefined;

/** An issue as Standard Schema defines it; `code` is that of zod. */
interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  readonly code?: unknown;
}

/** The members of both pipes that are used here. Nest's types call them protected. */
interface Factory {
  exceptionFactory(issues: readonly unknown[]): unknown;
}

interface Listing extends Factory {
  createExceptionFactory(): Factory['exceptionFactory'];
  formatIssueMessages(issues: readonly unknown[]): string[];
}

/** The text with which ValidationPipe refuses a primitive or an array. Its path is the name of the parameter. */
const NO_OBJECT = 'Validation failed (object is expected)';

const recorded = new WeakSet<PipeTransform>();
const found = new WeakMap<object, FindIssues>();

/** Makes a validation pipe record the issues of its exceptions. Any other pipe is left alone. */
export function recordIssues(pipe: PipeTransform): void {
  if (recorded.has(pipe) || !isValidationPipe(pipe)) return;
  recorded.add(pipe);
  const watched = pipe as unknown as Factory;
  const original = watched.exceptionFactory.bind(watched);
  const find = pipe instanceof ValidationPipe ? fromClassValidator : fromSchema;
  watched.exceptionFactory = (issues) => {
    const exception = original(issues);
    if (typeof exception === 'object' && exception !== null) found.set(exception, () => find(pipe, exception, issues));
    return exception;
  };
}

/** The pipe of `@MessageBody('name')`, whose issues have paths that start with that name. */
export function withinProperty(pipe: PipeTransform, property: string): PipeTransform {
  if (!isValidationPipe(pipe)) return pipe;
  const locate = (error: unknown): never => {
    const find = found.get(error as object);
    if (find !== undefined) {
      found.set(error as object, () => find()?.map((issue) => ({ ...issue, path: join(property, issue.path) })));
    }
    throw error;
  };
  return {
    transform: (value, metadata) => {
      const result: unknown = pipe.transform(value, metadata); // both pipes are asynchronous
      return isThenable(result) ? result.then(undefined, locate) : result;
    },
  };
}

/** The issues of an exception, if a validation pipe has made it. */
export function issuesOf(exception: object): readonly ValidationIssue[] | undefined {
  return found.get(exception)?.();
}

function isValidationPipe(pipe: PipeTransform): boolean {
  return pipe instanceof ValidationPipe || pipe instanceof StandardSchemaValidationPipe;
}

function fromClassValidator(
  pipe: PipeTransform,
  exception: object,
  issues: readonly unknown[],
): ReturnType<FindIssues> {
  const response = responseOf(exception);
  const own = plainPipe(ValidationPipe, pipe).createExceptionFactory()(issues) as object;
  if (own.constructor !== exception.constructor || !isDeepStrictEqual(responseOf(own), response)) return undefined;
  return take(flatten(issues as readonly ValidationError[], ''), response);
}

function fromSchema(pipe: PipeTransform, exception: object, issues: readonly unknown[]): ReturnType<FindIssues> {
  const response = responseOf(exception);
  const own = plainPipe(StandardSchemaValidationPipe, pipe).formatIssueMessages(issues);
  if (!isDeepStrictEqual(own, (response as { readonly message?: unknown } | undefined)?.message)) return undefined;
  return take((issues as readonly SchemaIssue[]).map(fromSchemaIssue), response);
}

/** The pipe with Nest's own methods, whatever a class of the application overrides. */
function plainPipe(type: { readonly prototype: object }, pipe: PipeTransform): Listing {
  return Object.assign(Object.create(type.prototype) as Listing, pipe);
}

function responseOf(exception: object): unknown {
  const { getResponse } = exception as { getResponse?(): unknown };
  return typeof getResponse === 'function' ? getResponse.call(exception) : undefined;
}

/** As many issues as the response has messages, which Nest bounds; `undefined` if it withholds them. */
function take(issues: Iterable<ValidationIssue>, response: unknown): ReturnType<FindIssues> {
  const { message } = response as { readonly message?: unknown };
  if (typeof message !== 'object' || message === null) return undefined;
  let left = Object.values(message).flat().length;
  const taken: ValidationIssue[] = [];
  for (const issue of issues) {
    if (left-- <= 0) break;
    taken.push(issue);
  }
  return taken;
}

/** In the order of Nest's messages. */
function* flatten(errors: readonly ValidationError[], parent: string): Generator<ValidationIssue> {
  for (const { property, constraints = {}, children = [] } of errors) {
    const path = join(parent, property ?? '');
    for (const [code, message] of Object.entries(constraints)) {
      yield { path: message === NO_OBJECT ? parent : path, message, code };
    }
    yield* flatten(children, path);
  }
}

function fromSchemaIssue({ message, path = [], code }: SchemaIssue): ValidationIssue {
  const names = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return { path: names.join('.'), message, ...(typeof code === 'string' ? { code } : {}) };
}

function join(parent: string, path: string): string {
  return parent === '' || path === '' ? parent + path : `${parent}.${path}`;
}
