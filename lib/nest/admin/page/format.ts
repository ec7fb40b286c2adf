/** Numbers, times and names as the page shows them. */

/** The longest text that is shown of a name or a value; the rest is cut. */
const MAX_TEXT = 200;

const COUNT = new Intl.NumberFormat('en');

/** Control characters, and invisible ones that hide text or reverse its direction. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Combining marks after the fourth on one letter, which would grow over the neighbouring rows. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/**
 * Returns a text of a client as it can be shown: cut, on one line, with invisible characters as escapes.
 * @param max the longest result, in characters
 */
export function visible(text: string, max = MAX_TEXT): string {
  // Cut first, so that a text of megabytes costs no more than a short one.
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(INVISIBLE, escaped).replace(STACKED, '$1');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Returns the JSON of a value on one line, or of several values separated by commas. */
export function json(values: readonly unknown[], max = 2_000): string {
  return visible(values.map((value) => JSON.stringify(value) ?? 'undefined').join(', '), max);
}

/** Returns a whole number with separators: `1,204`; `–` if it is not known. */
export function count(value: number | null): string {
  return value === null ? '–' : COUNT.format(Math.round(value));
}

/** Returns a number of at most four characters: `0.4`, `12`, `1.2k`, `34M`. */
export function short(value: number): string {
  return scaled(value, 1_000, ['', 'k', 'M', 'G', 'T']).join('');
}

/** Returns a rate: `0`, `0.4`, `1.2k`; `–` while it is not known. */
export function rate(perSecond: number | null): string {
  return perSecond === null ? '–' : short(perSecond);
}

/** Returns a size: `0 B`, `1.2 kB`, `34 MB`; `–` if it is not known. */
export function bytes(value: number | null): string {
  return value === null ? '–' : scaled(value, 1_000, ['B', 'kB', 'MB', 'GB', 'TB']).join(' ');
}

function scaled(value: number, step: number, units: readonly string[]): [number: string, unit: string] {
  let rest = value;
  let unit = 0;
  while (Math.abs(rest) >= step * 0.9995 && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  const hasFraction = Math.abs(rest) < 9.95 && (unit > 0 || units[0] === '');
  return [hasFraction ? rounded(rest, 1) : String(Math.round(rest)), units[unit] ?? ''];
}

/** Rounds to some decimals, without zeros at the end. */
function rounded(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}

/** Returns a time span in its two largest units: `3 s`, `4 min 10 s`, `2 h 3 min`, `5 d 4 h`; `–` if it is not known. */
export function age(ms: number | null): string {
  if (ms === null) return '–';
  const s = Math.max(0, Math.floor(ms / 1_000));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return two(s, 60, 'min', 's', 1);
  if (s < 86_400) return two(s, 3_600, 'h', 'min', 60);
  return two(s, 86_400, 'd', 'h', 3_600);
}

function two(s: number, large: number, unit: string, smaller: string, small: number): string {
  const rest = Math.floor((s % large) / small);
  return `${Math.floor(s / large)} ${unit}${rest === 0 ? '' : ` ${rest} ${smaller}`}`;
}

/** Returns a short time in s as `0.4 ms`, `12 ms`, `1.3 s`; `–` if there is none. */
export function latency(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '–';
  const ms = seconds * 1_000;
  if (ms >= 999.5) return `${rounded(seconds, seconds < 9.95 ? 1 : 0)} s`;
  if (ms >= 9.95) return `${Math.round(ms)} ms`;
  return `${rounded(ms, ms < 0.095 ? 2 : 1)} ms`;
}

/** Returns the local time of day: `14:03:07`. */
export function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Returns the local time of day with ms: `14:03:07.042`. */
export function clockMs(at: number): string {
  return `${clock(at)}.${String(new Date(at).getMilliseconds()).padStart(3, '0')}`;
}

/** Returns the time of day in UTC, with ms: `14:03:07.042`. */
export function clockUtc(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

/** Returns `1 client`, `2 clients`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
