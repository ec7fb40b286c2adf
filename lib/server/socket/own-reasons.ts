/** The reasons that the server itself gives a client for a disconnect. An application gives its own. */
import { ClientReason } from '../../engine/internal.js';
import type { Refusal } from '../../protocol/internal.js';

export const OWN_REASONS = {
  expired: new ClientReason('expired', 'The session has expired'),
  other_user: new ClientReason('other_user', 'The session belongs to another user'),
  user_disconnected: new ClientReason('user_disconnected', 'The server ended all connections of this user'),
} as const;

/** The reason for a client whose CONNECT was answered before it was refused: the `code` of the refusal, if it has one. */
export function reasonOfRefusal({ message, data }: Refusal): ClientReason {
  const code = (data as { readonly code?: unknown } | null | undefined)?.code;
  return new ClientReason(typeof code === 'string' ? code : 'refused', message);
}
