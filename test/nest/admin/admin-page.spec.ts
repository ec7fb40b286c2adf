import type { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it, vi } from 'vitest';
import type { AdminConsole } from '../../../lib/nest/admin/admin-console.js';
import { AdminPage, type PageRequest } from '../../../lib/nest/admin/admin-page.js';
import type { PageFiles } from '../../../lib/nest/admin/page-files.js';

const userIdOf = (user: unknown) => (user as { id: string } | undefined)?.id;

function setUp(url = '/_live') {
  const headers = new Map<string, string>();
  const reply = vi.fn();
  const httpAdapter = {
    getRequestUrl: () => url,
    setHeader: (_response: unknown, name: string, value: string) => void headers.set(name, value),
    reply,
  };
  const html = vi.fn((_values: { base: string }) => Promise.resolve({ type: 'text/html', text: '<p>' }));
  const issue = vi.fn(() => 'a ticket');
  const page = new AdminPage(
    { tickets: { issue } } as unknown as AdminConsole,
    { html, get: () => Promise.resolve(undefined) } as unknown as PageFiles,
    { httpAdapter } as unknown as HttpAdapterHost,
    { path: () => '/socket.io', userIdOf } as never,
    '/_live',
  );
  const request: PageRequest = { headers: { host: 'chat.example:3000' }, ip: '10.0.0.7' };
  return { page, headers, reply, html, issue, request };
}

describe('the answers to requests of the page', () => {
  it.each([
    ['/_live', '_live/'],
    ['/_live/', './'],
    ['/api/v1/_live?a=/b', '_live/'],
    ['/', './'],
  ])('let the relative URLs of %s begin with %s', async (url, base) => {
    const { page, html, request } = setUp(url);
    await page.sendHtml(request, {});
    expect(html).toHaveBeenCalledWith({ base, path: '/socket.io', namespace: '/_live' });
  });

  it.each([
    ['chat.example:3000', ' ws://chat.example:3000 wss://chat.example:3000;'],
    ['[::1]:3000', ' ws://[::1]:3000 wss://[::1]:3000;'],
    ["x; script-src 'unsafe-inline'", ';'],
    [undefined, ';'],
  ])('allow WebSockets to the host %j', async (host, allowed) => {
    const { page, headers, request } = setUp();
    await page.sendHtml({ ...request, headers: { host } }, {});
    expect(headers.get('Content-Security-Policy')).toContain(`connect-src 'self'${allowed}`);
  });

  it('name the visitor of a ticket', () => {
    const { page, issue, reply, request, headers } = setUp();
    page.sendTicket({ ...request, user: { id: 'alice' } }, 'response');
    page.sendTicket({ headers: {} }, 'response');
    expect(issue.mock.calls).toEqual([[{ user: 'alice', address: '10.0.0.7' }], [{ user: null, address: '' }]]);
    expect(reply).toHaveBeenCalledWith('response', '{"ticket":"a ticket"}', 200);
    expect(headers.get('Cache-Control')).toBe('no-store');
  });

  it.each(['cross-site', 'same-site'])('have no ticket for a page of another origin: %s', (site) => {
    const { page, issue, request } = setUp();
    const foreign = { ...request, headers: { 'sec-fetch-site': site } };
    expect(() => page.sendTicket(foreign, {})).toThrow(expect.objectContaining({ status: 403 }));
    expect(issue).not.toHaveBeenCalled();
  });

  it('are 404 for unknown files', async () => {
    const { page, request } = setUp();
    await expect(page.sendFile('x.js', request, {})).rejects.toMatchObject({ status: 404 });
  });
});
