// Connects the parts: passes events from the server to the views, and the visitor's actions to the server.
import { avatar } from './avatar.js';
import { Composer } from './composer.js';
import { Connection, ConnectionLost } from './connection.js';
import { byId, byTestId } from './dom.js';
import { closeDrawers } from './drawers.js';
import * as identity from './identity.js';
import { openLightbox } from './lightbox.js';
import { Login } from './login.js';
import { Members } from './members.js';
import { Messages } from './messages.js';
import { Outbox } from './outbox.js';
import { Pictures } from './pictures.js';
import { Presence } from './presence.js';
import { Reactions } from './reactions.js';
import { Rooms } from './rooms.js';
import { Scroll } from './scroll.js';
import { showStatus } from './status.js';
import { Typing } from './typing.js';

const FIRST_ROOM = 'lobby';
const ROOM = 'chat.room';

let connection = null;
let me = '';
let room = null; // the name of the room that is shown
let heard = 0; // when the latest message in it was sent
let past = []; // the messages that arrived while joining a room
let deferred = null; // other updates that arrived meanwhile, to be applied after them
let joins = 0;
let state = 'offline';
let missed = 0; // messages since the page was last visible

const login = new Login({ enter: connect });
const members = new Members();
const typing = new Typing();
const rooms = new Rooms({ open: (name, isNew) => join(name, isNew) });
const outbox = new Outbox({
  deliver,
  changed: (entry) => messages.update(entry),
});
const reactions = new Reactions({
  react: (reaction) => connection.request('react', reaction).catch(({ message }) => composer.complain(message)),
});
const messages = new Messages({
  pictures: new Pictures({ fetch: (id) => connection.request('image', { id }, 30_000), open: openLightbox }),
  scroll: new Scroll(),
  reactions,
  actions: {
    retry: (id) => outbox.retry(id),
    discard: (id) => {
      outbox.discard(id);
      messages.remove(id);
    },
  },
});
const composer = new Composer({ send, typing: (active) => connection.hint('typing', { active }) });
const presence = new Presence({ changed: (away) => connection?.send('away', { away }) });

function connect(name) {
  connection?.close();
  connection = new Connection(
    { name, key: identity.key() },
    {
      online: () => undefined, // `welcome` follows
      waiting: (next) => (me ? show(next) : login.retrying(name)),
      refused: (message) => signOut(name, message),
      replaced: () => signOut(name, 'You joined from another tab. Only one can be open at a time.'),
      events: {
        welcome,
        room: (summary) => (rooms.update(summary), title()),
        closed: (name) => (rooms.remove(name), title()),
        presence_state: (channel, users) => whenShown(roomOf(channel), () => members.reset(users)),
        presence_diff: (channel, diff) => whenShown(roomOf(channel), () => changed(diff)),
        typing: (change) => whenShown(change, () => typing.set(change.name, change.active)),
        said: (message) => (deferred ? past.push(message) : whenShown(message, () => said(message))),
        reacted: (change) => whenShown(change, () => messages.react(change)),
      },
    },
  );
}

function welcome(hello) {
  me = hello.name;
  identity.remember(me);
  byId('me-name').textContent = me;
  byId('me-avatar').replaceChildren(avatar(me));
  login.close();
  byId('chat').hidden = false;
  rooms.reset(hello.rooms);
  members.me = me;
  reactions.offer(hello.emoji, me);
  show('online');
  void join(room ?? sessionStorage.getItem(ROOM) ?? FIRST_ROOM);
}

/** Joins a room, or rejoins the current one after a reconnection. Its messages arrive before the answer. */
async function join(name, isNew = false) {
  const turn = ++joins;
  past = [];
  deferred = [];
  byId('new-room-error').textContent = '';
  try {
    const summary = await connection.request('join', { room: name, since: name === room ? heard : 0 });
    if (turn !== joins) return;
    if (isNew) byTestId('new-room-input').value = '';
    enter(summary);
  } catch (error) {
    if (turn !== joins || !connection.online) return;
    byId('new-room-error').textContent = error.message;
    if ((room === null || name === room) && name !== FIRST_ROOM) void join(FIRST_ROOM);
  } finally {
    if (turn === joins) {
      const waiting = deferred;
      deferred = null;
      for (const message of past) whenShown(message, () => said(message)); // no room was entered
      for (const apply of waiting ?? []) apply();
      if (connection.online && room) outbox.flush(room);
    }
  }
}

function enter(summary) {
  const isReturn = room === summary.name;
  room = summary.name;
  const history = past.filter((message) => message.room === room).map(own);
  past = [];
  for (const message of history) outbox.confirm(message);
  heard = history.at(-1)?.at ?? (isReturn ? heard : 0);
  sessionStorage.setItem(ROOM, room);
  byId('room-name').textContent = room;
  rooms.enter(summary);
  typing.clear();
  if (isReturn) messages.catchUp(history);
  else {
    messages.open(room, [...history, ...outbox.of(room)]);
    composer.setRoom(room);
    closeDrawers();
    composer.focus();
  }
  title();
  show('online');
  if (presence.away) connection.send('away', { away: true }); // new members count as active
}

/** Sends a message of mine. While a room is being joined, the message waits for `flush` instead. */
async function deliver({ id, room, text, image }) {
  if (deferred) throw new ConnectionLost();
  const { data, width, height } = image ?? {};
  const payload = image ? { id, room, text, image: { data, width, height } } : { id, room, text };
  return connection.request('say', payload, image ? 60_000 : 15_000);
}

/** Runs `apply` if the update is about the room that is shown. While a room is being joined, the update waits. */
function whenShown(update, apply) {
  if (deferred) deferred.push(() => whenShown(update, apply));
  else if (update.room === room) {
    apply();
    show(state);
  }
}

function changed(diff) {
  for (const name of members.apply(diff)) typing.set(name, false);
}

/** The room of an event of presence, which names the Socket.IO room. */
function roomOf(channel) {
  return { room: channel.slice('#'.length) };
}

function said(message) {
  heard = message.at;
  typing.set(message.author, false);
  outbox.confirm(message);
  messages.add(own(message));
  if (document.hidden && message.author !== me) missed += 1;
  title();
}

/** Sends one message per image; the text goes with the last one. */
function send(text, images) {
  const parts =
    images.length === 0 ? [{ text }] : images.map((image, i) => ({ image, text: i === images.length - 1 ? text : '' }));
  for (const part of parts) {
    const entry = { ...part, id: identity.uuid(), room, author: me, mine: true, at: Date.now(), state: 'sending' };
    messages.add(entry);
    void outbox.add(entry);
  }
}

function show(next) {
  state = next;
  showStatus(state, members.count);
  rooms.setOnline(state === 'online');
  if (state !== 'online') typing.clear();
}

function signOut(name, complaint) {
  connection.close();
  identity.forgetVisit();
  me = '';
  room = null;
  byId('chat').hidden = true;
  document.title = 'Parlour';
  login.open(name, complaint);
}

function title() {
  const count = missed + rooms.unread;
  document.title = `${count > 0 ? `(${count}) ` : ''}${room ?? 'Parlour'} · Parlour`;
}

function own(message) {
  return message.author === me ? { ...message, mine: true, state: 'delivered' } : message;
}

byId('leave').addEventListener('click', () => signOut(me, ''));
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  missed = 0;
  if (room) title();
});

if (identity.wasHere()) connect(identity.storedName());
else login.open(identity.storedName());
