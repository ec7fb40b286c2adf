/** Thrown for bytes that no version of this package writes. Their sender may be hostile, or another program. */
export class MalformedBulletin extends Error {
  override readonly name = 'MalformedBulletin';

  constructor(mistake: string) {
    super(`a bulletin is malformed: ${mistake}`);
  }
}
