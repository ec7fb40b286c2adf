/**
 * The bytes of the images in all rooms, with one bound on their total size: a new image evicts the oldest ones.
 * The type of an image is detected from its bytes; the sender's claim is ignored.
 */
import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { PictureDto } from './chat.dto.js';
import type { Picture } from './chat.events.js';

/** The largest image that a client may send, in bytes. */
const MAX_IMAGE = 2 * 1024 * 1024;
/** Bound on the total size of all images, in bytes. */
const MAX_KEPT = 64 * 1024 * 1024;

@Injectable()
export class Images {
  readonly #images = new Map<string, Buffer>(); // by room and message, oldest first
  #kept = 0;

  get(room: string, id: string): Buffer | null {
    return this.#images.get(`${room}/${id}`) ?? null;
  }

  /** Keeps the image of a message, unless there is one: the message may be sent twice. */
  add(room: string, id: string, { data, width, height }: PictureDto): Picture {
    const type = imageType(data);
    if (!type) throw new WsException('Only PNG, JPEG, GIF and WebP images can be sent.');
    if (data.length > MAX_IMAGE) throw new WsException('An image must not exceed 2 MB.');
    if (!this.get(room, id)) {
      this.#images.set(`${room}/${id}`, data);
      this.#kept += data.length;
    }
    for (const [key, { length }] of this.#images) {
      if (this.#kept <= MAX_KEPT) break;
      this.#images.delete(key);
      this.#kept -= length;
    }
    return { type, width, height };
  }
}

/** Detects a media type that every browser can show from the first bytes of an image; undefined for any other type. */
function imageType(bytes: Buffer): string | undefined {
  const starts = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('GIF87a') || starts('GIF89a')) return 'image/gif';
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp';
  return undefined;
}
