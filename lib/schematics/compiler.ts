import { dirname } from 'node:path';
import { loadTypeScript, type TypeScript } from '../cli/load-typescript.js';

/** Loads the TypeScript API of the application or, if it has none, the one that the running `nest` command has. */
export function loadCompiler(): TypeScript {
  return loadTypeScript([process.cwd(), dirname(process.argv[1] ?? '')]);
}
