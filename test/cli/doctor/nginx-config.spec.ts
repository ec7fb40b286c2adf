import { describe, expect, it } from 'vitest';
import { parseNginx } from '../../../lib/cli/doctor/nginx-config.js';

const leaf = (line: number, name: string, ...args: string[]) => ({ name, args, line, children: [] });

describe('parseNginx', () => {
  it('reads directives and blocks', () => {
    const text = `# comment with { and ;
user nginx;
http {
  map $http_upgrade $c { default upgrade; '' close; }
  server { listen 80 default_server; location ~ "^/a{2}" { proxy_set_header Connection "up grade"; } }
}
`;
    expect(parseNginx(text)).toEqual([
      leaf(2, 'user', 'nginx'),
      {
        name: 'http',
        args: [],
        line: 3,
        children: [
          {
            name: 'map',
            args: ['$http_upgrade', '$c'],
            line: 4,
            children: [leaf(4, 'default', 'upgrade'), leaf(4, '', 'close')],
          },
          {
            name: 'server',
            args: [],
            line: 5,
            children: [
              leaf(5, 'listen', '80', 'default_server'),
              {
                name: 'location',
                args: ['~', '^/a{2}'],
                line: 5,
                children: [leaf(5, 'proxy_set_header', 'Connection', 'up grade')],
              },
            ],
          },
        ],
      },
    ]);
  });

  it.each(['server {', 'server { listen 80 }', '}', 'listen 80', '{ }'])('returns null for %s', (text) => {
    expect(parseNginx(text)).toBeNull();
  });

  it('takes variables in braces for words', () => {
    expect(parseNginx('root /srv/${name}/a;')).toEqual([
      { name: 'root', args: ['/srv/${name}/a'], line: 1, children: [] },
    ]);
  });
});
