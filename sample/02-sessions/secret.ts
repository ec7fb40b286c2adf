/** The secret that signs cookies, in a private file that is created on the first start. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';

/** The mode bits that give access to users other than the owner. */
const OTHERS = 0o077;

const MIN_LENGTH = 32;

/**
 * Reads the secret.
 * @param path of the file, which is created with mode 0600 if it does not exist
 * @throws Error if other users may access the file, or if the secret is too short
 */
export function readSecret(path: string): string {
  const file = open(path);
  try {
    const { mode } = fstatSync(file); // of the open file, even if its path is replaced meanwhile
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new Error(
        `the secret file ${path} must be accessible only to its owner (mode 600), ` +
          `got mode ${(mode & 0o777).toString(8)}. ` +
          `If no other user could log in to this machine, run "chmod 600 ${path}"; ` +
          'otherwise delete the file, and the next start creates a new secret.',
      );
    }
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length < MIN_LENGTH) {
      throw new Error(
        `the secret in ${path} must have at least ${MIN_LENGTH} characters, got ${secret.length}. ` +
          'Delete the file, and the next start creates a new secret.',
      );
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
