/**
 * Limits for one packet from a client. All are checked before the packet is passed on, so that recursive walks
 * and spread calls cannot overflow the stack.
 */
export interface PacketLimits {
  /** Number of binary parts of a packet. */
  readonly maxAttachments: number;
  /** Total size in bytes of the binary parts of a packet. */
  readonly maxAttachmentBytes: number;
  /** Number of arguments of an event or acknowledgement. */
  readonly maxArguments: number;
  /** Number of arrays and objects nested inside one another. */
  readonly maxDepth: number;
  /** Number of characters in the name of a namespace. */
  readonly maxNamespaceLength: number;
}

export const DEFAULT_PACKET_LIMITS: PacketLimits = {
  maxAttachments: 10, // the stock client has accepted no more since 4.8, and breaks on more
  maxAttachmentBytes: 1_000_000, // the same as for one message, so that attachments do not bypass that limit
  maxArguments: 64, // more than any handwritten call; far below the number that overflows a spread call
  maxDepth: 64, // deeper than real documents; far below the depth that overflows a recursive walk
  maxNamespaceLength: 255, // the same as for file names
};
