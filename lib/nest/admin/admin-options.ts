/** The option `admin`: where the admin page is, and who may open it. */
import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { invalidOption, refuseUnknownOptions, withDefaults } from '../../options.js';

/** A guard as `@UseGuards` takes it: a class, or an instance. */
type Guard = Type<CanActivate> | CanActivate;

/**
 * Options of the admin page.
 * @publicApi
 */
export interface AdminOptions {
  /** The route of the page, and its namespace. @default '/_live' */
  path?: string;
  /**
   * Decides who may open the page, as in `@UseGuards`: a class, an instance, or a list. Without a guard, everybody may,
   * and the page exists only if `NODE_ENV` is not `production`. @default none
   */
  guard?: Guard | readonly Guard[];
  /** Modules that provide the dependencies of the guard. @default none */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** Whether visitors see the arguments of the events of a client that they follow. @default false */
  payloads?: boolean;
  /** Whether visitors can only watch: the page then neither sends nor moves nor disconnects anyone. @default false */
  readOnly?: boolean;
}

/** The options with their defaults. */
export interface ResolvedAdminOptions {
  readonly path: string;
  readonly guards: readonly Guard[];
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly payloads: boolean;
  readonly readOnly: boolean;
}

export const ADMIN_DEFAULTS = {
  path: '/_live',
  guard: [], // an application without users must be able to try the page
  imports: [],
  payloads: false, // arguments often are personal data
  readOnly: false, // operators who may see all clients usually may help them
} as const satisfies AdminOptions;

/** The characters of a path of plain segments: it is a route, the name of a namespace, and a part of log lines. */
const PATH = /^(?:\/[\w.~-]+)+$/;

const isGuard = (value: unknown): boolean =>
  typeof value === 'function' || typeof (value as Partial<CanActivate> | null)?.canActivate === 'function';

/**
 * @param option the option `admin`
 * @returns `null` if it is off
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function resolveAdminOptions(option: boolean | AdminOptions): ResolvedAdminOptions | null {
  if (option === false) return null;
  if (option !== true && (typeof option !== 'object' || option === null)) {
    invalidOption('admin', option, 'be true, false or an object', "write admin: { path: '/_live', guard: AdminGuard }");
  }
  const given = option === true ? {} : option;
  refuseUnknownOptions(given, Object.keys(ADMIN_DEFAULTS), 'admin');
  const { path, guard, imports, payloads, readOnly } = withDefaults<AdminOptions>(given, ADMIN_DEFAULTS);
  if (typeof path !== 'string' || !PATH.test(path)) {
    invalidOption('admin.path', path, 'start with a slash and have letters, digits, ".", "_", "~" and "-"');
  }
  const guards = [guard].flat();
  if (!guards.every(isGuard)) invalidOption('admin.guard', guard, 'be a guard or a list of guards');
  if (!Array.isArray(imports)) invalidOption('admin.imports', imports, 'be a list of modules');
  for (const [name, value] of Object.entries({ payloads, readOnly })) {
    if (typeof value !== 'boolean') invalidOption(`admin.${name}`, value, 'be true or false');
  }
  return { path, guards, imports, payloads, readOnly };
}

/** Whether the page must not be open: everybody could read it, on a server that is in production. */
export function isUnguarded({ guards }: ResolvedAdminOptions): boolean {
  return guards.length === 0;
}

/** Whether the page exists: without a guard, not in production. */
export function isServed(options: ResolvedAdminOptions): boolean {
  return !isUnguarded(options) || process.env['NODE_ENV'] !== 'production';
}
