/** Splits a CPU profile by layer: the package, or the part of Node or V8, that a function belongs to. */

/** Groups of functions of V8 and of Node's C++ code, by name. */
const NATIVE = [
  ['socket write: the kernel, and C++ around it', /^(writev?|writeBuffer|write\w+String|shutdown)$/],
  ['JSON', /^(parse|stringify)$/],
  ['text to bytes and back', /utf8|latin1/i],
];

/** Functions that are not work; `dispatch` is the start of the profiler. */
const WAITING = new Set(['(idle)', '(root)', 'dispatch']);

/** Parts of Node, by module name. */
const NODE = [
  ['node: net and streams', /^node:(net|internal\/(streams|stream_base_commons|js_stream_socket)|stream)/],
  ['node: http', /^node:(_?http|internal\/http)/],
  ['node: events, ticks, timers, buffers', /^node:/],
];

/**
 * @param profile `{ functionName, url, self }` of each function, self time in µs
 * @returns µs by layer, without time spent waiting
 */
export function byLayer(profile) {
  const layers = new Map();
  for (const { functionName, url, self } of profile) {
    const layer = layerOf(functionName, url);
    if (layer !== null && self > 0) layers.set(layer, (layers.get(layer) ?? 0) + self);
  }
  return layers;
}

/** The names of the functions of a layer that took longest. */
export function longest(profile, layer, count = 3) {
  const times = new Map(); // the profile of several nodes has each function several times
  for (const { functionName, url, self } of profile) {
    if (self > 0 && layerOf(functionName, url) === layer) {
      times.set(functionName, (times.get(functionName) ?? 0) + self);
    }
  }
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([functionName]) => functionName || '(anonymous)');
}

function layerOf(functionName, url) {
  if (WAITING.has(functionName)) return null;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'node: C++, libuv and reading';
  if (url === '') return first(NATIVE, functionName) ?? 'builtins of V8';
  if (url.startsWith('node:')) return first(NODE, url);
  return packageOf(url);
}

function first(list, text) {
  return list.find(([, pattern]) => pattern.test(text))?.[0];
}

/** The package of a file, or its layer in this package. All other files belong to the benchmark's own servers. */
function packageOf(url) {
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const layer = /\/dist\/(\w+)\//.exec(url)?.[1];
  return layer === undefined ? 'handlers of the benchmark' : `nest-socketio: ${layer}`;
}
