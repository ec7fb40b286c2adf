import { io } from './client.js';

/** Reads a value that the server has written into the head of the page. */
function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

io(meta('socketio-namespace'), {
  path: meta('socketio-path'),
  transports: ['websocket'],
  auth: (send) => {
    void fetch('ticket')
      .then((response) => response.json())
      .then(send);
  },
});
