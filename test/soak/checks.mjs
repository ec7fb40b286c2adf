/** The checks of a soak, each with its result. */
import { number } from '../bench/report/svg.mjs';

/** Bytes by which the memory of the server may be above its base line at the end. */
export const GROWTH = 60_000_000;

/** @returns `{ name, passed, found }` of each check */
export function judge(results) {
  const { healthy, server, crash } = results;
  const count = healthy === null ? () => NaN : (...kinds) => sum(kinds.map((kind) => healthy.counts[kind] ?? 0));
  const misdelivered = count('lost', 'repeated', 'reordered', 'misdirected', 'garbled');
  const unanswered = count('unanswered', 'wrong answer');
  const dropped = count('dropped', 'refused');
  const escaped = server?.escaped.length ?? NaN;
  const logged = server?.logged.length ?? NaN;
  return [
    check('every message arrives once and in order', misdelivered, healthy?.heard, 'messages'),
    check('every acknowledgement arrives', unanswered, healthy?.answered, 'acknowledgements'),
    check('healthy clients are accepted and stay connected', dropped, healthy?.sessions, 'sessions'),
    { name: 'memory returns to its base line', ...memoryOf(results) },
    { name: 'all programs run to the end', passed: crash === null, found: crash ?? 'yes' },
    { name: 'no error escapes', passed: escaped === 0, found: `${escaped} uncaught exceptions and rejections` },
    { name: 'no client causes an error in the log', passed: logged === 0, found: `${logged} errors logged` },
    { name: 'every kind of client takes part', ...participation(results) },
  ];
}

/** A check that passes if something happened, and nothing of it was wrong. */
function check(name, wrong, all = NaN, unit) {
  return { name, passed: wrong === 0 && all > 0, found: `${wrong} of ${number(all)} ${unit} failed` };
}

function memoryOf({ base, end }) {
  if (base === null || end === null) return { passed: false, found: 'the run ended before it could be measured' };
  const growth = {
    heap: end.heapUsed + end.external - base.heapUsed - base.external,
    rss: end.rss - base.rss,
  };
  const found = `heap and buffers ${signed(growth.heap)}, RSS ${signed(growth.rss)}; ${end.clients} clients are left`;
  return { passed: growth.heap <= GROWTH && growth.rss <= GROWTH && end.clients === 0, found };
}

function participation({ bad, kinds, healthy, wasInterrupted }) {
  const absent = kinds.filter((kind) => !(bad?.acts[kind]?.done > 0));
  if (!(healthy?.recovered > 0)) absent.push('healthy clients that resume');
  return {
    passed: absent.length === 0 || wasInterrupted,
    found: absent.length === 0 ? `all ${kinds.length} kinds of bad clients` : `absent: ${absent.join(', ')}`,
  };
}

function signed(bytes) {
  return `${bytes < 0 ? '−' : '+'}${number(Math.abs(bytes) / 1e6)} MB`;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
