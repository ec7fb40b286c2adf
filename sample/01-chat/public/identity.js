// The visitor's identity across reloads. The browser stores the name; only this tab has the key that proves it is ours.
const NAME = 'chat.name';
const KEY = 'chat.key';
const HERE = 'chat.here';

export const storedName = () => localStorage.getItem(NAME) ?? '';

/** Whether this tab was in the chat before it was reloaded. */
export const wasHere = () => sessionStorage.getItem(HERE) === 'yes';

export function remember(name) {
  localStorage.setItem(NAME, name);
  sessionStorage.setItem(HERE, 'yes');
}

export function forgetVisit() {
  sessionStorage.removeItem(HERE);
}

export function key() {
  const kept = sessionStorage.getItem(KEY) ?? uuid();
  sessionStorage.setItem(KEY, kept);
  return kept;
}

/** Like crypto.randomUUID(), which browsers offer only on https and localhost. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
