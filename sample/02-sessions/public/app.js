/** Logs in and out over HTTP, and clicks over the socket. */
const part = (name) => document.querySelector(`[data-testid="${name}"]`);
const socket = io({ transports: ['websocket'], autoConnect: false });

socket.on('connect', () => (part('status').textContent = ''));
socket.on('connect_error', ({ message }) => (part('status').textContent = message));
socket.on('disconnect', (reason) => {
  part('status').textContent = 'offline';
  if (reason === 'io server disconnect') void enter(); // logged out, perhaps in another tab
});
socket.on('clicks', showClicks);

document.querySelector('#login').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (await post('/login', { name: part('name').value })) await enter();
});
part('click').addEventListener('click', async () => {
  // The event fails if the session was logged out in the meantime; `disconnect` then updates the page.
  const answer = await socket.emitWithAck('click').catch(() => null);
  if (typeof answer === 'number') showClicks(answer);
});
part('reset').addEventListener('click', async () => {
  const session = await post('/reset');
  if (session) showClicks(session.clicks);
});
part('logout').addEventListener('click', () => post('/logout'));

await enter();

/** Shows the state of the session, and connects the socket if a user is logged in. */
async function enter() {
  const session = await ask('/me');
  if (!session) return;
  const { user, clicks } = session;
  document.querySelector('#login').hidden = user !== null;
  document.querySelector('#inside').hidden = user === null;
  part('user').textContent = user ?? '';
  showClicks(clicks);
  if (user === null) socket.disconnect();
  else socket.connect();
}

function showClicks(clicks) {
  part('clicks').textContent = clicks;
}

function post(path, body = {}) {
  return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** Returns the JSON of a response. Returns null if there is none or the request failed, and shows the failure. */
async function ask(path, options) {
  try {
    const response = await fetch(path, options);
    const answer = response.status === 204 ? null : await response.json();
    part('status').textContent = response.ok ? '' : answer.message;
    return response.ok ? answer : null;
  } catch {
    part('status').textContent = 'The server cannot be reached.';
    return null;
  }
}
