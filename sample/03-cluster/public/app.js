/** Shows the node of this page, the messages of both nodes, and the ticks of the worker. */
const MAX_SHOWN = 20;

const part = (name) => document.querySelector(`[data-testid="${name}"]`);
const form = document.querySelector('form');
const socket = io('/board', { transports: ['websocket'] });

socket.on('connect', () => (part('status').textContent = ''));
socket.on('disconnect', () => (part('status').textContent = 'offline'));
socket.on('welcome', ({ node, broker }) => {
  part('node').textContent = node;
  part('broker').textContent = broker;
});
socket.on('tick', ({ count, clients }) => {
  part('tick').textContent = count;
  part('clients').textContent = clients;
});
socket.on('said', ({ text, node }) => {
  const words = document.createElement('span');
  words.dir = 'auto';
  words.textContent = text;
  const author = document.createElement('b');
  author.textContent = `Node ${node}`;
  const item = document.createElement('li');
  item.append(author, words);
  part('messages').prepend(item);
  while (part('messages').childElementCount > MAX_SHOWN) part('messages').lastElementChild.remove();
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await socket.emitWithAck('say', part('text').value);
  part('status').textContent = answer?.error?.message ?? '';
  if (!answer?.error) form.reset();
});
