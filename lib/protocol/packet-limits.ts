/**
 * What one packet may weigh. Each bound is checked before anything of the packet is handed up, so that
 * neither a recursive walk nor a spread call further on can be driven too far by a client.
 */
export interface PacketLimits {
  /** Binary parts of one packet. */
  readonly maxAttachments: number;
  /** Bytes of all binary parts of one packet together. */
  readonly maxAttachmentBytes: number;
  /** Arguments of one event or acknowledgement. */
  readonly maxArguments: number;
  /** Arrays and objects inside one another. */
  readonly maxDepth: number;
  /** Characters of a namespace's name. */
  readonly maxNamespaceLength: number;
}

export const DEFAULT_PACKET_LIMITS: PacketLimits = {
  maxAttachments: 10, // what the stock clients accept since 4.8; more would break them
  maxAttachmentBytes: 1_000_000, // as one message: attachments are no way round its limit
  maxArguments: 64, // nobody writes more by hand; far below what overflows a spread call
  maxDepth: 64, // deeper than documents people send, far above nothing a recursive walk fears
  maxNamespaceLength: 255, // as a file name
};
