import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port, and resolves with it. */
export async function listen(http: Pick<HttpServer, 'listen' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return (http.address() as AddressInfo).port;
}
