/** Reads the command line. An unknown name is an error, not an empty table. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Reads options that are numbers, lists of names, paths or flags.
 * @param kinds by name: `{ number: default }`, `{ names: [...] }`, `{ path: default }`, `{ flag: false }`
 * @throws for any other option or name, listing the known ones
 */
export function readOptions(args, kinds) {
  const options = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, { type: 'flag' in kind ? 'boolean' : 'string' }]),
  );
  const { values } = parseArgs({ args, options });
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, read(name, kind, values[name])]));
}

function read(name, kind, value) {
  if ('flag' in kind) return value ?? false;
  if ('number' in kind) return value === undefined ? kind.number : positive(name, value);
  if ('path' in kind) return resolve(value ?? kind.path);
  return value === undefined ? null : known(name, kind.names, value.split(','));
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return value;
}

function known(name, names, given) {
  const unknown = given.find((one) => !names.includes(one));
  if (unknown !== undefined) throw new Error(`--${name} must be one of ${names.join(', ')}, got ${unknown}`);
  return given;
}
