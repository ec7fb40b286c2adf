/** The reasons that the server itself gives a client for a disconnect. An application gives its own. */
import { ClientReason } from '../../engine/internal.js';

export const OWN_REASONS = {
  expired: new ClientReason('expired', 'The session has expired'),
  other_user: new ClientReason('other_user', 'The session belongs to another user'),
  user_disconnected: new ClientReason('user_disconnected', 'The server ended all connections of this user'),
} as const;
