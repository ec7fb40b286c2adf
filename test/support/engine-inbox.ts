export { Inbox } from '../../lib/testing/inbox.js';
