/**
 * Compression of outgoing messages. No message refers to an earlier one (`server_no_context_takeover` is always
 * negotiated), so a message is compressed once for all its receivers, and no connection holds a compressor.
 *
 * Compression is synchronous: 1 kB takes 0.06 ms and 64 kB 1 ms at zlib's default level. 1 MB takes 8 ms at the
 * fastest level, which large messages get (23 ms at the default level, to save 7 % more). It is not moved to another
 * thread: a connection would have to hold all later messages and its close frame until the result arrives, which every
 * write would pay for, whereas a message blocks once for all its receivers and no longer than parsing one of its size.
 *
 * The window is 4 kB in both directions, for clients that allow it. Decompressing needs a window for each connection,
 * as long as it lasts. For JSON, a larger one saves nothing: the names that repeat are near each other.
 * Source: RFC 7692, sections 7.1.2 and 7.2.1.
 */
import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { invalidOption } from '../../options.js';
import type { PerMessageDeflateOptions } from '../engine-options.js';

/** As in `ws`: below this size, the header of a compressed block outweighs the savings. */
const THRESHOLD = 1_024; // bytes

/** From this size on, speed matters more than size, unless the options set a level. */
const LARGE = 131_072; // bytes

/** The empty block at the end of compressed data. It is not sent: the receiver appends it again. */
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);

/** The window without an option: 4 kB. A compressor may always use a smaller one than was negotiated. */
const WINDOW_BITS = 12;

/** Compresses for all clients that have a window of the same size. */
export class Deflater {
  /** Size in bytes below which a message is not compressed. */
  readonly threshold: number;
  readonly #options: ZlibOptions;
  readonly #large: ZlibOptions;

  constructor({ threshold = THRESHOLD, zlibDeflateOptions }: PerMessageDeflateOptions, windowBits = WINDOW_BITS) {
    this.threshold = threshold;
    this.#options = { ...zlibDeflateOptions, windowBits, finishFlush: constants.Z_SYNC_FLUSH };
    this.#large = { level: constants.Z_BEST_SPEED, ...this.#options };
  }

  compress(data: Uint8Array): Buffer {
    const compressed = deflateRawSync(data, data.byteLength < LARGE ? this.#options : this.#large);
    return compressed.subarray(0, compressed.length - TAIL.length);
  }
}

/** The deflaters of a server, one for each window size in use. */
export class Deflaters {
  readonly #options: PerMessageDeflateOptions;
  readonly #byWindow = new Map<number, Deflater>();

  /** @throws SocketIoError `INVALID_OPTION` if zlib rejects the options */
  constructor(options: PerMessageDeflateOptions) {
    this.#options = options;
    try {
      this.withWindow(options.serverMaxWindowBits).compress(TAIL);
    } catch (error) {
      invalidOption('perMessageDeflate', options, 'be options that zlib accepts', (error as Error).message);
    }
  }

  /**
   * The options with which `ws` answers a request. `ws` refuses a client whose offer does not match them, so the default
   * window for messages from clients is added only to an offer that allows it.
   * @param offers the value of `Sec-WebSocket-Extensions` on the request
   */
  negotiation(offers = ''): PerMessageDeflateOptions {
    const offer = offers.split(',').find((one) => one.trimStart().startsWith('permessage-deflate')) ?? '';
    const client = /client_max_window_bits(?:\s*=\s*"?(\d+))?/.exec(offer);
    const allowsDefault = client !== null && Number(client[1] ?? WINDOW_BITS) >= WINDOW_BITS;
    return {
      ...(allowsDefault ? { clientMaxWindowBits: WINDOW_BITS } : {}),
      ...this.#options,
      serverNoContextTakeover: true,
    };
  }

  /** @param extensions the value of `Sec-WebSocket-Extensions` on the 101 response */
  negotiated(extensions: string): Deflater {
    const bits = /server_max_window_bits=(\d+)/.exec(extensions)?.[1];
    const { serverMaxWindowBits = WINDOW_BITS } = this.#options;
    return this.withWindow(Math.min(serverMaxWindowBits, Number(bits ?? serverMaxWindowBits)));
  }

  /** @returns the one deflater of this window size */
  withWindow(windowBits = WINDOW_BITS): Deflater {
    let deflater = this.#byWindow.get(windowBits);
    if (deflater === undefined) this.#byWindow.set(windowBits, (deflater = new Deflater(this.#options, windowBits)));
    return deflater;
  }
}
