/**
 * The issues that Nest's validation pipes find, with their paths. The exceptions of these pipes hold only texts, so the
 * issues are taken from the function that makes the exception, and used if that is Nest's own: a custom
 * `exceptionFactory` decides by itself what clients get.
 */
import { type PipeTransform, StandardSchemaValidationPipe, type ValidationError, ValidationPipe } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { isThenable } from '../../engine/internal.js';

/**
 * One issue in the `details` of a failed validation.
 * @publicApi
 */
export interface ValidationIssue {
  /** Where in the payload, as in `items.0.amount`; empty for the payload as a whole. */
  readonly path: string;
  readonly message: string;
  /** The rule: `isString` and the like for class-validator, the `code` of the issue for a Standard Schema. */
  readonly code?: string;
}

/** The issues that a pipe has found, and the exception that it has made of them. */
interface Failure {
  readonly pipe: PipeTransform;
  readonly exception: object;
  readonly issues: readonly unknown[];
  /** The property of the payload that the pipe validated; empty for the whole payload. */
  property: string;
}

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
  formatIssueMessages?(issues: readonly unknown[]): string[];
}

/** The text with which ValidationPipe refuses a primitive or an array. Its path is the name of the parameter. */
const NO_OBJECT = 'Validation failed (object is expected)';

const recorded = new WeakSet<PipeTransform>();
/** By their exceptions. */
const failures = new WeakMap<object, Failure>();

/** Makes a validation pipe record the issues of its exceptions. Any other pipe is left alone. */
export function recordIssues(pipe: PipeTransform): void {
  if (recorded.has(pipe) || !isValidationPipe(pipe)) return;
  recorded.add(pipe);
  const watched = pipe as unknown as Factory;
  const original = watched.exceptionFactory.bind(watched);
  watched.exceptionFactory = (issues) => {
    const exception = original(issues);
    if (typeof exception === 'object' && exception !== null) {
      failures.set(exception, { pipe, exception, issues, property: '' });
    }
    return exception;
  };
}

/** The pipe of `@MessageBody('name')`, whose issues have paths that start with that name. */
export function withinProperty(pipe: PipeTransform, property: string): PipeTransform {
  if (!isValidationPipe(pipe)) return pipe;
  const locate = (error: unknown): never => {
    const failure = failures.get(error as object);
    if (failure !== undefined) failure.property = property;
    throw error;
  };
  return {
    transform: (value, metadata) => {
      const result: unknown = pipe.transform(value, metadata); // both pipes are asynchronous
      return isThenable(result) ? result.then(undefined, locate) : result;
    },
  };
}

/** The issues of an exception, if a validation pipe has made it, and its response is Nest's own list of messages. */
export function issuesOf(exception: object): readonly ValidationIssue[] | undefined {
  const failure = failures.get(exception);
  if (failure === undefined) return undefined;
  return failure.pipe instanceof ValidationPipe ? fromClassValidator(failure) : fromSchema(failure);
}

function isValidationPipe(pipe: PipeTransform): boolean {
  return pipe instanceof ValidationPipe || pipe instanceof StandardSchemaValidationPipe;
}

function fromClassValidator({ pipe, exception, issues, property }: Failure): ValidationIssue[] | undefined {
  const response = responseOf(exception);
  const own = plainPipe(ValidationPipe, pipe).createExceptionFactory()(issues) as object;
  if (own.constructor !== exception.constructor || !isDeepStrictEqual(responseOf(own), response)) return undefined;
  return take(flatten(issues as readonly ValidationError[], property), response);
}

function fromSchema({ pipe, exception, issues, property }: Failure): ValidationIssue[] | undefined {
  const response = responseOf(exception);
  const own = plainPipe(StandardSchemaValidationPipe, pipe).formatIssueMessages?.(issues);
  if (!isDeepStrictEqual(own, (response as { readonly message?: unknown } | undefined)?.message)) return undefined;
  return take(
    (issues as readonly SchemaIssue[]).map((issue) => fromSchemaIssue(issue, property)),
    response,
  );
}

/** The pipe with Nest's own methods, whatever a class of the application overrides. */
function plainPipe(type: { readonly prototype: object }, pipe: PipeTransform): Listing {
  return Object.assign(Object.create(type.prototype) as Listing, pipe);
}

function responseOf(exception: object): unknown {
  const given = exception as { getResponse?(): unknown };
  return typeof given.getResponse === 'function' ? given.getResponse() : undefined;
}

/** As many issues as the response has messages, which Nest bounds; `undefined` if it withholds them. */
function take(issues: Iterable<ValidationIssue>, response: unknown): ValidationIssue[] | undefined {
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

/** @returns the issues in the order of Nest's messages */
function* flatten(errors: readonly ValidationError[], parent: string): Generator<ValidationIssue> {
  for (const { property, constraints = {}, children = [] } of errors) {
    const path = join(parent, property ?? '');
    for (const [code, message] of Object.entries(constraints)) {
      yield { path: message === NO_OBJECT ? parent : path, message, code };
    }
    yield* flatten(children, path);
  }
}

function fromSchemaIssue({ message, path = [], code }: SchemaIssue, parent: string): ValidationIssue {
  const names = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return { path: join(parent, names.join('.')), message, ...(typeof code === 'string' ? { code } : {}) };
}

function join(parent: string, path: string): string {
  return parent === '' || path === '' ? parent + path : `${parent}.${path}`;
}
