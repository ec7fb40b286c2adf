/**
 * The bytes of the images in all rooms, bounded together: when there is no room for a new one, the oldest go.
 * What an image is, its bytes say, never its sender.
 */

/** The largest image that anyone may send. */
export const MAX_IMAGE = 2 * 1024 * 1024;
/** The most that is kept of all images together. */
const MAX_KEPT = 64 * 1024 * 1024;

export class Images {
  readonly #bytes = new Map<string, Buffer>(); // by message, oldest first
  #kept = 0;

  get(id: string): Buffer | null {
    return this.#bytes.get(id) ?? null;
  }

  add(id: string, bytes: Buffer): void {
    this.#bytes.set(id, bytes);
    this.#kept += bytes.length;
    for (const oldest of this.#bytes.keys()) {
      if (this.#kept <= MAX_KEPT) break;
      this.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#kept -= this.#bytes.get(id)?.length ?? 0;
    this.#bytes.delete(id);
  }
}

/** The media type of an image that every browser shows, by its first bytes; undefined for anything else. */
export function imageType(bytes: Buffer): string | undefined {
  const starts = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('GIF87a') || starts('GIF89a')) return 'image/gif';
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp';
  return undefined;
}
