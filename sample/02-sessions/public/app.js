/** Logs in and out by HTTP, and clicks by socket. */
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
  await post('/login', { name: part('name').value });
  await enter();
});
part('click').addEventListener('click', async () => {
  // Whoever has been logged out meanwhile is told so.
  const answer = await socket.emitWithAck('click').catch(() => null);
  if (typeof answer === 'number') showClicks(answer);
});
part('reset').addEventListener('click', async () => showClicks((await post('/reset')).clicks));
part('logout').addEventListener('click', () => post('/logout'));

await enter();

/** Shows what the session of the cookie is worth, and opens the socket in it. */
async function enter() {
  const { user, clicks } = await (await fetch('/me')).json();
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

async function post(path, body = {}) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.status === 200 ? response.json() : null;
}
