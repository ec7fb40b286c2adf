import { describe, expect, it } from 'vitest';
import { trustProxy } from '../../../../lib/cli/doctor/checks/trust-proxy.js';
import { findingsOf, linesOf } from '../facts.js';

describe('the check of trustProxy', () => {
  it.each([
    ['nginx', 'nginx.conf', 'server {\n  location / {\n    proxy_pass http://api;\n  }\n}', 3],
    ['an Ingress', 'k8s/ingress.yaml', 'apiVersion: networking.k8s.io/v1\nkind: Ingress\n', 2],
    ['Traefik', 'compose.yml', 'labels:\n  - "traefik.http.routers.api.rule=Host(`a`)"\n', 2],
    ['HAProxy', 'haproxy.cfg', 'frontend web\n\nbackend api\n', 3],
    ['Caddy', 'Caddyfile', 'example.com {\n\n  reverse_proxy api:3000\n}', 3],
  ])('hints at %s', (name, path, text, line) => {
    expect(linesOf(trustProxy, { files: { [path]: text } })).toEqual([
      `${path}:${line} hint: Behind ${name}, every client has the address of the proxy, unless the option "trustProxy" is ` +
        'set. → SocketIoModule.forRoot({ trustProxy: 1 }) with the number of proxies',
    ]);
  });

  it.each<[string, Record<string, string>]>([
    [
      'the option',
      { 'nginx.conf': 'proxy_pass a;', 'src/a.ts': "import 'nest-socketio';\nforRoot({ trustProxy: true })" },
    ],
    ['nginx for files', { 'nginx.conf': 'server { root /srv; }' }],
    ['other files of Kubernetes', { 'k8s/app.yaml': 'kind: Deployment\n# kind: Ingress' }],
  ])('accepts %s', (_what, files) => {
    expect(findingsOf(trustProxy, { files })).toEqual([]);
  });
});
