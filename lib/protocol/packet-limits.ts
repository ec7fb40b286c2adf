/**
 * Limits for one packet from a client. All are checked before the packet is passed on, so that recursive walks
 * and spread calls cannot overflow the stack.
 */
export interface PacketLimits {
  /** Number of binary parts of a packet. */
  readonly attachments: number;
  /** Total size in bytes of the binary parts of a packet. */
  readonly attachmentBytes: number;
  /** Number of arguments of an event or acknowledgement. */
  readonly arguments: number;
  /** Number of arrays and objects nested inside one another. */
  readonly depth: number;
  /** Number of arrays and objects, counted together. */
  readonly containers: number;
  /** Number of characters in the name of a namespace. */
  readonly namespaceLength: number;
  /** Weight of a CONNECT with its data, see `containers.ts`. */
  readonly connectWeight: number;
}

export const DEFAULT_PACKET_LIMITS: PacketLimits = {
  attachments: 10, // the stock client has accepted no more since 4.8, and breaks on more
  attachmentBytes: 1_000_000, // the same as for one message, so that attachments do not bypass that limit
  arguments: 64, // more than any handwritten call; far below the number that overflows a spread call
  depth: 64, // deeper than real documents; far below the depth that overflows a recursive walk
  containers: 100_000, // they take about 6 MB, while a message of 1 MB could have 330,000
  namespaceLength: 255, // the same as for file names
  connectWeight: 16_384, // four times the largest token in use; the data is kept as long as the socket lives
};
