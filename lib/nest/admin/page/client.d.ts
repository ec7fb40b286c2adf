/** The stock client, which the server offers as `client.js` next to the files of the page. */
export { io, type Socket } from 'socket.io-client';
