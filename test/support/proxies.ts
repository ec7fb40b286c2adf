/** Starts reverse proxies with the configurations of docs/deployment.md, on free ports. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onCleanUp } from './engine-clean-up.js';
import { freePort, start } from './process.js';
import { HAPROXY, NGINX } from './programs.mjs';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/deployment.md', import.meta.url)), 'utf8');

export interface Proxy {
  readonly url: string;
  /** Changes the configuration and has the proxy read it again. HAProxy ignores this just after its start. */
  reload(edit: Edit): void;
}

/** Changes a configuration before the proxy starts with it. */
export type Edit = (config: string) => string;

/** Starts a proxy before two servers on these ports. It is stopped by `cleanUp`. */
export type StartProxy = (ports: readonly [number, number], edit?: Edit) => Promise<Proxy>;

/** The code block of the page that begins with the name of this file. */
export function configOf(file: string): string {
  const block = new RegExp(`\`\`\`\\w+\\n# ${file}[^\\n]*\\n(.*?)\`\`\``, 's').exec(PAGE)?.[1];
  if (block === undefined) throw new Error(`docs/deployment.md shows no ${file}`);
  return block;
}

export const startNginx: StartProxy = async (ports, edit = (config) => config) => {
  const folder = temporaryFolder();
  const port = await freePort();
  const server = withPorts(configOf('/etc/nginx/conf.d/chat.conf'), ports);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`);
  const config = [
    'daemon off; error_log stderr notice;',
    `pid ${folder}/pid;`,
    configOf('/etc/nginx/nginx.conf'),
    `http { access_log off; ${temporary.join(' ')}\n${server.replace('listen 80;', `listen 127.0.0.1:${port};`)} }`,
  ].join('\n');
  const file = `${folder}/nginx.conf`;
  const args = ['-e', 'stderr', '-p', folder, '-c', file];
  return run(NGINX, args, /start worker process \d+/, { file, config: edit(config), port, signal: 'SIGHUP' });
};

export const startHaproxy: StartProxy = async (ports, edit = (config) => config) => {
  const file = `${temporaryFolder()}/haproxy.cfg`;
  const port = await freePort();
  const config = withPorts(configOf('/etc/haproxy/haproxy.cfg'), ports)
    .replace('bind :80', `bind 127.0.0.1:${port}`)
    .replace('maxconn 50000', 'maxconn 1000'); // the file limit of a test machine may be low
  const args = ['-W', '-db', '-f', file];
  return run(HAPROXY, args, /Loading success/, { file, config: edit(config), port, signal: 'SIGUSR2' });
};

interface Setting {
  readonly file: string;
  readonly config: string;
  readonly port: number;
  /** Has the proxy read the file again. */
  readonly signal: NodeJS.Signals;
}

async function run(command: string, args: string[], ready: RegExp, setting: Setting): Promise<Proxy> {
  const { file, config, port, signal } = setting;
  writeFileSync(file, config);
  const program = start(command, args, ready, { cwd: '/' });
  onCleanUp(() => program.stop());
  await program.printed;
  return {
    url: `http://127.0.0.1:${port}`,
    reload(edit) {
      writeFileSync(file, edit(config));
      program.child.kill(signal);
    },
  };
}

function withPorts(config: string, [one, two]: readonly [number, number]): string {
  return config.replace('127.0.0.1:3001', `127.0.0.1:${one}`).replace('127.0.0.1:3002', `127.0.0.1:${two}`);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
