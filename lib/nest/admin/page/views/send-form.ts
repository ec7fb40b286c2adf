/** The dialog that sends an event to a room, a client or a whole namespace. */
import { readArguments } from '../arguments.js';
import { ask, notify } from '../dialog.js';
import { area, button, field, input } from '../dom.js';
import { visible } from '../format.js';
import type { PageContext } from './view.js';

/** Makes a button that opens the dialog the content of a cell, unless the page may only watch. */
export function fillSend(
  cell: HTMLElement,
  page: PageContext,
  namespace: string,
  to: string | null,
  whom: string,
): void {
  if (cell.childElementCount === 0) {
    const send = button('Send', () => askToSend(page, namespace, to, whom), 'small');
    send.setAttribute('aria-label', `Send to ${visible(whom, 60)} in ${visible(namespace, 60)}`);
    cell.append(send);
  }
  (cell.firstElementChild as HTMLElement).hidden = page.overview?.readOnly ?? true;
}

/**
 * @param to a room, the id of a client, or `null` for all clients of the namespace
 * @param whom the receivers in words
 */
export function askToSend(page: PageContext, namespace: string, to: string | null, whom: string): void {
  const event = input('event', 'message');
  event.required = true;
  const args = area('args', 3, '{"text": "hello"}');
  ask({
    title: 'Send an event',
    text: `To ${visible(whom)} in ${visible(namespace)}.`,
    action: 'Send',
    fields: [field('Event', event), field('Arguments', args, 'JSON values, separated by commas. May be empty.')],
    run: async () => {
      await page.ask('send', { namespace, to, event: event.value, args: readArguments(args.value) });
      notify(`Sent ${visible(event.value, 40)} to ${visible(whom, 60)}`);
    },
  });
}
