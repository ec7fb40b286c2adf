/** Loads client libraries of brokers. They are optional peer dependencies: most applications need only one of them. */
import { SocketIoError } from '../../errors.js';

type Load<M> = () => Promise<M>;

/** Packages by their names, with a function that imports each; `null` for one that is not needed. */
type Packages = Readonly<Record<string, Load<unknown> | null>>;

type Modules<P extends Packages> = {
  [N in keyof P]: P[N] extends infer L ? (L extends Load<infer M> ? M : null) : never;
};

/**
 * Loads packages that are needed together.
 * @param engine the name of the engine, for the error message
 * @throws SocketIoError `INVALID_OPTION` if a package is not installed, with one line that installs all missing ones
 */
export async function loadClientLibraries<P extends Packages>(engine: string, packages: P): Promise<Modules<P>> {
  const entries = await Promise.all(
    Object.entries(packages).map(
      async ([name, load]) => [name, load === null ? null : await loadIfInstalled(name, load)] as const,
    ),
  );
  const missing = entries.filter(([name, found]) => found === null && packages[name] !== null).map(([name]) => name);
  if (missing.length === 1) throw notInstalled(engine, `the package ${missing[0]}, which is not installed`, missing);
  if (missing.length > 1)
    throw notInstalled(engine, `the packages ${missing.join(' and ')}, which are not installed`, missing);
  return Object.fromEntries(entries) as Modules<P>;
}

/** Imports a package. @returns `null` if it is not installed */
export async function loadIfInstalled<M>(name: string, load: Load<M>): Promise<M | null> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return null;
    throw error;
  }
}

/** @param needs the packages, and that they are not installed */
export function notInstalled(engine: string, needs: string, install: readonly string[]): SocketIoError {
  return new SocketIoError(
    'INVALID_OPTION',
    `option "broker" with ${engine} needs ${needs}: run npm install ${install.join(' ')}`,
  );
}
