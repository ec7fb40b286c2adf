/** RFC 6455 frames by hand: builds the frames of a client in advance, and finds those of a server in a chunk. */
const MASK = [0x37, 0xfa, 0x21, 0x3d]; // not zero, so that the server has to unmask

/** Builds a masked text frame. */
export function maskedFrame(text) {
  const payload = Buffer.from(text);
  if (payload.length > 65_535) throw new RangeError(`a frame must have at most 65,535 bytes, got ${payload.length}`);
  const header = payload.length < 126 ? 2 : 4;
  const frame = Buffer.alloc(header + MASK.length + payload.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (header === 2 ? payload.length : 126);
  if (header === 4) frame.writeUInt16BE(payload.length, 2);
  frame.set(MASK, header);
  for (let i = 0; i < payload.length; i++) frame[header + 4 + i] = payload[i] ^ MASK[i & 3];
  return frame;
}

/**
 * Calls `visit` with the first byte of each complete frame, and the offsets at which its payload starts and ends.
 * @returns the offset of the first incomplete frame
 */
export function eachFrame(chunk, at, visit) {
  const { length } = chunk;
  while (length - at >= 2) {
    let size = chunk[at + 1];
    let start = at + 2;
    if (size === 126) {
      if (length - at < 4) break;
      size = chunk.readUInt16BE(at + 2);
      start = at + 4;
    } else if (size === 127) {
      if (length - at < 10) break;
      size = chunk.readUInt32BE(at + 6);
      start = at + 10;
    }
    if (start + size > length) break;
    visit(chunk[at], start, start + size);
    at = start + size;
  }
  return at;
}
