// Formats times in the language of the page and the visitor's time zone.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });

export const timeOf = (at) => clock.format(at);
export const momentOf = (at) => full.format(at);

/** A key that is equal for two times on the same local day. */
export const dayKey = (at) => new Date(at).toDateString();

export function dayName(at, now = Date.now()) {
  if (dayKey(at) === dayKey(now)) return 'Today';
  if (dayKey(at) === dayKey(now - 86_400_000)) return 'Yesterday';
  return day.format(at);
}
