import type { Check, Facts, Finding } from '../check.js';
import { setsOption } from '../options.js';
import { lineAt } from '../places.js';

/** A reverse proxy in front of a server that does not know of it. */
export const trustProxy: Check = function* (facts): Iterable<Finding> {
  const { packages, sources } = facts;
  if (packages.length === 0 || setsOption(sources, 'trustProxy')) return;
  const proxy = findProxy(facts);
  if (proxy === null) return;
  yield {
    level: 'hint',
    path: proxy.path,
    line: proxy.line,
    message: `Behind ${proxy.name}, every client has the address of the proxy, unless the option "trustProxy" is set.`,
    fix: 'SocketIoModule.forRoot({ trustProxy: 1 }) with the number of proxies',
  };
};

/** The files of proxies, by a line that each of them has. */
const PROXIES: readonly (readonly [name: string, file: RegExp, line: RegExp])[] = [
  ['nginx', /\.conf$|(?:^|\/)nginx[^/]*$/, /^[^#\n]*\bproxy_pass\s/m],
  ['an Ingress', /\.ya?ml$/, /^kind:\s*["']?Ingress\b/m],
  ['Traefik', /\.ya?ml$/, /traefik\.http\.(?:routers|services)/m],
  ['HAProxy', /\.cfg$/, /^\s*backend\s/m],
  ['Caddy', /(?:^|\/)Caddyfile$/, /^\s*reverse_proxy\s/m],
];

function findProxy({ project }: Facts): { readonly name: string; readonly path: string; readonly line: number } | null {
  for (const [path, text] of project.files) {
    for (const [name, file, line] of PROXIES) {
      const match = file.test(path) ? line.exec(text) : null;
      if (match === null) continue;
      return { name, path, line: lineAt(text, match.index + match[0].search(/\S/)) };
    }
  }
  return null;
}
