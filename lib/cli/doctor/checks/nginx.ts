import type { Check, Facts, Finding } from '../check.js';
import { type Directive, parseNginx } from '../nginx-config.js';
import { setsOption } from '../options.js';

/** Configurations of nginx that do not forward a WebSocket, or not the host that the page asked for. */
export const nginx: Check = function* (facts): Iterable<Finding> {
  const { project } = facts;
  for (const [path, text] of project.files) {
    if (!/\.(?:conf|nginx|template)$|(?:^|\/)nginx[^/]*$/.test(path) || !text.includes('proxy_pass')) continue;
    for (const server of serversIn(parseNginx(text) ?? [], [])) {
      const location = socketLocation(server);
      if (location !== null) for (const finding of faultsOf(location, facts)) yield { ...finding, path };
    }
  }
};

/** A block, with the blocks around it, the innermost first. */
interface Nested {
  readonly block: Directive;
  readonly outer: readonly Directive[];
}

/** The `server` blocks of a file. A file that is included in one has its `location` blocks at the top. */
function serversIn(directives: readonly Directive[], outer: readonly Directive[]): Nested[] {
  if (directives.some(({ name }) => name === 'location')) {
    return [{ block: { name: 'server', args: [], line: 1, children: directives }, outer }];
  }
  return directives.flatMap((block) =>
    block.name === 'server' ? [{ block, outer }] : serversIn(block.children, [block, ...outer]),
  );
}

/** The location that requests for `/socket.io/` get, if nginx forwards them. */
function socketLocation({ block, outer }: Nested): Nested | null {
  const forwarded = block.children.filter(({ name, children }) => {
    return name === 'location' && children.some((child) => child.name === 'proxy_pass');
  });
  const location =
    forwarded.find(({ args }) => /socket\\?\.io/.test(args.at(-1) ?? '')) ??
    forwarded.find(({ args }) => args.at(-1) === '/');
  return location === undefined ? null : { block: location, outer: [block, ...outer] };
}

function* faultsOf({ block, outer }: Nested, { sources }: Facts): Iterable<Finding> {
  // An included file may set the headers.
  if ([block, outer[0]].some((level) => level?.children.some(({ name }) => name === 'include'))) return;
  // A level with a `proxy_set_header` of its own inherits none. Source: nginx, ngx_http_proxy_module.
  const set = [block, ...outer].map(headersOf).find((headers) => headers.size > 0) ?? new Map<string, string>();
  const { line } = block.children.find(({ name }) => name === 'proxy_pass') as Directive;
  // A location for everything may be for another application.
  const level = block.args.at(-1) === '/' ? 'hint' : 'problem';
  if (set.get('upgrade') === undefined || set.get('connection') === undefined) {
    yield {
      level,
      line,
      message: 'nginx must forward the upgrade to a WebSocket, but the headers for it are not set: HTTP 400.',
      fix: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
    };
  }
  // With one of these, the host need not be that of the page.
  if (setsOption(sources, 'cors') || (set.has('x-forwarded-host') && setsOption(sources, 'trustProxy'))) return;
  const host = set.get('host');
  if (host === undefined || (host === '$host' && isOnOtherPort(outer))) {
    yield {
      level,
      line,
      message:
        host === undefined
          ? 'nginx must forward the host that the page asked for, but sends the name in proxy_pass: HTTP 403 for pages.'
          : 'nginx must forward the host that the page asked for, but $host lacks the port: HTTP 403 for pages.',
      fix: 'proxy_set_header Host $http_host;',
    };
  }
}

function headersOf({ children }: Directive): Map<string, string> {
  return new Map(
    children
      .filter(({ name }) => name === 'proxy_set_header')
      .map(({ args: [header = '', value = ''] }) => [header.toLowerCase(), value]),
  );
}

function isOnOtherPort(outer: readonly Directive[]): boolean {
  const listens = outer.flatMap(({ children }) => children.filter(({ name }) => name === 'listen'));
  const ports = listens.map(({ args: [address = ''] }) => /(\d+)$/.exec(address)?.[1] ?? '80');
  return ports.length > 0 && ports.every((port) => port !== '80' && port !== '443');
}
