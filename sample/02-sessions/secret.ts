/** The secret that signs the cookies: a private file, made at the first start, that nobody else may read. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';

/** Bits of a mode by which anybody but the owner could read or write. */
const OTHERS = 0o077;

const MIN_LENGTH = 32;

/**
 * @param path of the file; it is made, readable by its owner alone, if it is not there
 * @throws Error when others may read it, or when it holds too little to be a secret
 */
export function readSecret(path: string): string {
  const file = open(path);
  try {
    const { mode } = fstatSync(file); // of the file that is read, whatever happens to its name meanwhile
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new Error(
        `The secret in ${path} may be read or written by others (mode ${(mode & 0o777).toString(8)}). ` +
          `If it was only you who could log in, "chmod 600 ${path}" is enough; otherwise delete it, and a new one is made.`,
      );
    }
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length < MIN_LENGTH) {
      throw new Error(`${path} holds no secret of ${MIN_LENGTH} characters or more. Delete it, and a new one is made.`);
    }
    return secret;
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return openSync(path, 'r');
}
