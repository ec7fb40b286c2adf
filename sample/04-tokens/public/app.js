// Asks the model, and shows its words as they arrive. The loop in `ask` knows nothing of lost connections: `stream`
// resumes after each of them.
import { stream } from './nest-socketio-client/index.js';
import { io } from './socket.io-client/socket.io.esm.min.js';

const WORDS = { online: 'Connected', connecting: 'Connecting', offline: 'Offline' };

const part = (name) => document.querySelector(`[data-testid="${name}"]`);
const form = document.querySelector('form');
const question = part('question');

const socket = io('/tokens', { transports: ['websocket'], reconnectionDelay: 300, reconnectionDelayMax: 2000 });

/** The stream of the answer that is being written, and its article. */
let current = null;

socket.on('connect', showState);
socket.on('connect_error', showState);
socket.on('disconnect', () => {
  if (current) current.interruptions++;
  showState();
});
addEventListener('online', showState);
addEventListener('offline', () => {
  // The browser knows at once that it is offline. The heartbeat would take up to 45 seconds to notice.
  socket.io.engine?.close();
  showState();
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text === '' || current) return;
  form.reset();
  void ask(text);
});
part('stop').addEventListener('click', () => current?.values.cancel());
document.addEventListener('click', ({ target }) => {
  const { dataset, textContent } = target;
  if ('question' in dataset && !current) void ask(dataset.question || textContent);
});

/** Shows a question, and its answer word by word. */
async function ask(text) {
  const { article, words, note } = addArticle(text);
  current = { values: stream(socket, 'ask', text), interruptions: 0 };
  const { values } = current;
  let count = 0;
  showButtons();
  try {
    for await (const token of values) {
      const isAtEnd = innerHeight + scrollY >= document.body.scrollHeight - 80;
      words.appendData(token);
      count++;
      if (isAtEnd) scrollTo(0, document.body.scrollHeight);
    }
    article.dataset.state = 'done';
  } catch (error) {
    article.dataset.state = 'failed';
    note.append(`${error.message.replace(/\.$/, '')}. `, askAgain(text));
  }
  note.prepend(summary(count, current.interruptions), ' ');
  article.querySelector('.answer').removeAttribute('aria-busy');
  current = null;
  showButtons();
  if (scrollY > 0) scrollTo(0, document.body.scrollHeight);
}

function addArticle(text) {
  document.querySelector('.welcome').hidden = true;
  const article = element('article', '');
  article.dataset.state = 'writing';
  const title = element('h2', '', text);
  title.dir = 'auto';
  const answer = element('p', 'answer');
  answer.dataset.testid = 'answer';
  answer.setAttribute('aria-live', 'polite');
  answer.setAttribute('aria-busy', 'true'); // screen readers wait for the whole answer
  const words = document.createTextNode('');
  answer.append(words);
  const note = element('p', 'note');
  note.dataset.testid = 'note';
  article.append(title, answer, note);
  part('talk').append(article);
  scrollTo(0, document.body.scrollHeight);
  return { article, words, note };
}

function askAgain(text) {
  const button = element('button', '', 'Ask again');
  button.type = 'button';
  button.dataset.question = text;
  return button;
}

function summary(count, interruptions) {
  const words = `${count} ${count === 1 ? 'word' : 'words'}`;
  if (interruptions === 0) return `${words}.`;
  return `${words}, ${interruptions} ${interruptions === 1 ? 'interruption' : 'interruptions'}.`;
}

function element(name, className, text = '') {
  const created = document.createElement(name);
  if (className !== '') created.className = className;
  created.textContent = text;
  return created;
}

function showState() {
  const state = socket.connected ? 'online' : navigator.onLine ? 'connecting' : 'offline';
  document.body.dataset.state = state;
  part('state').dataset.state = state;
  part('state').querySelector('span').textContent = WORDS[state];
}

function showButtons() {
  part('ask').hidden = current !== null;
  part('stop').hidden = current === null;
  // On a phone, the focus would open the keyboard.
  if (current === null && matchMedia('(pointer: fine)').matches) question.focus({ preventScroll: true });
}
