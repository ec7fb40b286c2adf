/**
 * Compares the answers that the admin page reads with those that a server sends: each function fits only if they agree.
 * The browser side is a project of its own and cannot import the types of the server. The compiler checks this file; it
 * never runs.
 */
import type * as sent from '../../lib/nest/admin/admin-protocol.js';
import type * as read from '../../lib/nest/admin/page/answers.js';

export const overview = (answer: sent.Overview): read.Overview => answer;
export const clients = (answer: sent.ClientsAnswer): read.ClientList => answer;
export const rooms = (answer: sent.RoomsAnswer): read.RoomList => answer;
export const events = (answer: readonly sent.EventInfo[]): readonly read.EventRow[] => answer;
export const explain = (answer: sent.ExplainAnswer): read.Explained => answer;
export const traffic = (batch: sent.Traffic): read.Traffic => batch;
