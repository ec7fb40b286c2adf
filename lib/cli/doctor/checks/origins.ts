import type ts from 'typescript';
import type { Check, Facts, Finding } from '../check.js';
import { setsOption } from '../options.js';

/** Front ends with a server of their own in development, by the package that starts it. */
const DEV_SERVERS = ['vite', 'next', 'nuxt', 'react-scripts', '@angular/cli', '@vue/cli-service', 'parcel', 'astro'];

/** Pages from another origin than the server's, which get HTTP 403 unless `cors` allows them. */
export const origins: Check = function* (facts): Iterable<Finding> {
  const { project, sources, packages } = facts;
  if (packages.length === 0 || setsOption(sources, 'cors')) return;
  for (const { path, folder, manifest } of project.packages) {
    const dependencies = { ...manifest.devDependencies, ...manifest.dependencies };
    const server = DEV_SERVERS.find((name) => name in dependencies);
    if (server === undefined || !('socket.io-client' in dependencies)) continue;
    const config = [...project.files.keys()].find((file) => /^vite\.config\.[cm]?[jt]s$/.test(nameIn(folder, file)));
    const proxies = config === undefined ? [] : socketProxies(facts, config);
    if (proxies.length > 0) {
      yield* proxies;
      continue;
    }
    if (config !== undefined && project.text(config).includes('/socket.io')) continue;
    yield {
      level: 'hint',
      path,
      message: `Pages served by ${server} have another origin than the server, and get HTTP 403 unless "cors" allows it.`,
      fix: "SocketIoModule.forRoot({ cors: { origin: 'http://localhost:5173' } }) with the address of that page",
    };
  }
};

/** Faults of the entry for `/socket.io` in the proxy of Vite. */
function socketProxies({ sources }: Facts, path: string): Finding[] {
  const source = sources.source(path);
  const { ts } = source;
  return source.find(ts.isPropertyAssignment).flatMap((node): Finding[] => {
    const { initializer } = node;
    if (!/^['"`]\^?\/socket\.io\b/.test(source.textOf(node.name))) return [];
    if (!ts.isObjectLiteralExpression(initializer)) return isWebSocketUrl(initializer) ? [] : [noUpgrade(node)];
    const value = (name: string): string | undefined => source.valueOf(initializer, name)?.getText();
    const faults: Finding[] = [];
    if (value('ws') !== 'true' && !/^['"`]wss?:/.test(value('target') ?? '')) faults.push(noUpgrade(node));
    const rewrites = ['changeOrigin', 'rewriteWsOrigin'].filter((name) => value(name) === 'true');
    if (rewrites.length === 1) {
      faults.push({
        level: 'problem',
        path,
        line: source.lineOf(node),
        message: `The host and the origin of a request must be the same, but "${rewrites[0]}" changes one of them: HTTP 403.`,
        fix: `Remove ${rewrites[0]}: true`,
      });
    }
    return faults;
  });

  function noUpgrade(node: ts.Node): Finding {
    return {
      level: 'problem',
      path,
      line: source.lineOf(node),
      message: 'The proxy must forward WebSockets for /socket.io, but "ws" is not set.',
      fix: "'/socket.io': { target: 'http://localhost:3000', ws: true }",
    };
  }
}

function isWebSocketUrl(node: ts.Node): boolean {
  return /^['"`]wss?:/.test(node.getText());
}

/** The path of a file in a folder; empty if it is elsewhere. */
function nameIn(folder: string, file: string): string {
  if (folder === '') return file;
  return file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : '';
}
