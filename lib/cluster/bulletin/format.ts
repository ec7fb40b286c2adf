/** The constants of the format, version 1. README.md describes it. All numbers are unsigned and big-endian. */

/** `N`, `S` */
export const SIGNATURE = 0x4e53;
export const VERSION = 1;
export const NODE_LENGTH = 10;

/** Where the fields of the header start. */
export const HEADER = { version: 2, codec: 3, node: 4, sequence: 14, firstEvent: 20, length: 26 } as const;

/** The bytes of a record before its body: its type, and the length of the body. */
export const RECORD_HEADER_LENGTH = 5;

export const RECORD = { broadcast: 1, message: 2, context: 3, latest: 4, time: 5 } as const;

/** The bytes of a time: ms since 1970. */
export const TIME_LENGTH = 6;

/** Bits of the first byte of a broadcast. Readers ignore the others. */
export const FLAG = { volatile: 1, uncompressed: 2, rooms: 4, kept: 8 } as const;

/** The first byte of the length of a string, or of a list, that has 255 bytes or items or more. */
export const LONG = 255;

/** The first byte of a part of a message. */
export const PART = { text: 0, binary: 1 } as const;
