/** Counts the objects in a heap snapshot by their constructor, function name or kind. */

/** Compiled code and hidden classes, which grow with the work done and not with connections, and rare objects. */
const REST = 'code and rare objects';

/** @returns `{ count, bytes }` by name */
export function censusOf({ snapshot: { meta }, nodes, strings }) {
  const { node_fields: fields, node_types: types } = meta;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field));
  const census = new Map();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = groupOf(types[type][nodes[at + type]], strings[nodes[at + name]], nodes[at + size]);
    const entry = census.get(kind) ?? { count: 0, bytes: 0 };
    entry.count++;
    entry.bytes += nodes[at + size];
    census.set(kind, entry);
  }
  return census;
}

/**
 * The objects that each of `connections` adds, the largest total first.
 * @param atLeast the smallest number per connection that gets a row; all rarer objects share the last row
 */
export function censusPer(connections, before, after, atLeast = 0.5) {
  const rows = [];
  const rest = { kind: REST, count: 0, bytes: 0 };
  for (const [kind, { count, bytes }] of after) {
    const was = before.get(kind) ?? { count: 0, bytes: 0 };
    const row = { kind, count: (count - was.count) / connections, bytes: (bytes - was.bytes) / connections };
    if (row.count >= atLeast && kind !== REST) rows.push(row);
    else {
      rest.count += row.count;
      rest.bytes += row.bytes;
    }
  }
  return [...rows.toSorted((a, b) => b.bytes - a.bytes), rest];
}

/**
 * Groups objects by constructor and size, because classes may share a name, functions by name, and all others by kind.
 */
function groupOf(type, name, size) {
  switch (type) {
    case 'code':
    case 'object shape':
      return REST;
    case 'object':
      return `${name}, ${size} bytes`;
    case 'closure':
      return `function ${name === '' ? '(anonymous)' : name}`;
    case 'array':
      return name === '' ? 'array of an object' : `array: ${name}`;
    case 'string':
    case 'concatenated string':
    case 'sliced string':
      return type;
    default:
      return name === '' ? type : `${type}: ${name}`;
  }
}
