import type { Check, Facts, Finding } from '../check.js';
import { setsOption } from '../options.js';
import { lineAt } from '../places.js';

/** Several servers without a broker or an adapter: each of them broadcasts to its own clients only. */
export const severalProcesses: Check = function* (facts): Iterable<Finding> {
  if (facts.packages.length === 0 || areConnected(facts)) return;
  for (const found of [...processes(facts), ...replicas(facts)]) {
    yield {
      ...found,
      message: `${found.message}, but without a broker each of them broadcasts to its own clients only.`,
      fix: "SocketIoModule.forRoot({ broker: 'redis://localhost:6379' })",
    };
  }
};

/** Whether there is a broker, an adapter or a package with one: options may be written where this check does not look. */
function areConnected({ sources, project }: Facts): boolean {
  if (setsOption(sources, 'adapter') || setsOption(sources, 'broker')) return true;
  const names = project.packages.flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}));
  return names.some((name) => /^@socket\.io\/.*adapter$/.test(name));
}

type Start = Omit<Finding, 'fix'>;

/** The number of processes in a configuration of PM2. */
function processes({ sources, project }: Facts): Start[] {
  const files = project.sources.filter((path) => /(?:^|\/)ecosystem[\w.-]*\.[cm]?js$|(?:^|\/)pm2\.config\./.test(path));
  return files.flatMap((path) => {
    const source = sources.source(path);
    return source.find(source.ts.isPropertyAssignment).flatMap((node): Start[] => {
      if (source.textOf(node.name) !== 'instances') return [];
      const count = source.textOf(node.initializer).replaceAll(/['"]/g, ''); // a number, `max` or `0` for all cores, or code
      if (count === '1') return [];
      const message = `PM2 starts ${/^[1-9]\d*$/.test(count) ? count : 'several'} processes`;
      return [{ level: 'problem', path, line: source.lineOf(node), message }];
    });
  });
}

/** The number of containers in a Deployment of Kubernetes, or in a Compose file. They may be of another program. */
function replicas({ project }: Facts): Start[] {
  return [...project.files].flatMap(([path, text]) => {
    if (!/\.ya?ml$/.test(path)) return [];
    const match = /^[ \t]*replicas:\s*(\d+)\s*(?:#.*)?$/m.exec(text);
    if (match === null || Number(match[1]) < 2) return [];
    const message = `This file starts ${match[1]} containers`;
    return [{ level: 'hint', path, line: lineAt(text, match.index), message } as const];
  });
}
