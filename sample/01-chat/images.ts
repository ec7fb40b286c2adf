/**
 * The bytes of the images in all rooms, with one bound on their total size: a new image evicts the oldest ones.
 * The type of an image is detected from its bytes; the sender's claim is ignored.
 */

/** The largest image that a client may send, in bytes. */
export const MAX_IMAGE = 2 * 1024 * 1024;
/** Bound on the total size of all images, in bytes. */
const MAX_KEPT = 64 * 1024 * 1024;

export class Images {
  readonly #bytes = new Map<string, Buffer>(); // by message id, oldest first
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

/** Detects a media type that every browser can show from the first bytes of an image; undefined for any other type. */
export function imageType(bytes: Buffer): string | undefined {
  const starts = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('GIF87a') || starts('GIF89a')) return 'image/gif';
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp';
  return undefined;
}
