/** Dialogs that confirm an action or fill in a form, and short notices about results. */
import { button, h } from './dom.js';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** The label of the button that says yes. */
  readonly action: string;
  /** Whether the action cannot be undone. */
  readonly isDangerous?: boolean;
  /** Fields of the form. */
  readonly fields?: readonly HTMLElement[];
  /** Runs the action. An error is shown in the dialog, which stays open. */
  readonly run: () => Promise<void>;
}

/** Shows a dialog, with the focus on the first field or on "Cancel". Escape closes it. */
export function ask({ title, text, action, isDangerous = false, fields = [], run }: Question): void {
  const error = h('p', { class: 'error', attributes: { role: 'alert' } });
  const submit = h('button', { class: `button ${isDangerous ? 'danger' : 'primary'}` }, action);
  const cancel = button('Cancel', () => dialog.close());
  const form = h('form', {}, h('h2', {}, title), h('p', {}, text), ...fields, error);
  form.append(h('div', { class: 'buttons' }, cancel, submit));
  const dialog = h('dialog', { attributes: { 'aria-label': title } }, form);
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    error.textContent = '';
    run().then(
      () => dialog.close(),
      (reason: unknown) => {
        submit.disabled = false;
        error.textContent = reason instanceof Error ? reason.message : String(reason);
      },
    );
  });
  document.body.append(dialog);
  dialog.showModal();
  if (fields.length === 0) cancel.focus();
}

/** ms for which a notice is shown */
const SHOWN = 5_000;

/** Shows the result of an action for some seconds, and has screen readers say it. */
export function notify(text: string, isError = false): void {
  const notice = h('p', { class: isError ? 'notice bad' : 'notice' }, text);
  document.querySelector('#notices')?.append(notice);
  setTimeout(() => notice.remove(), SHOWN);
}
