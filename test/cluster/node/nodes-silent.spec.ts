import { expect, it } from 'vitest';
import { NodesSilent } from '../../../lib/cluster/node/nodes-silent.js';
import { SocketIoError } from '../../../lib/errors.js';

it('names the servers that did not answer, and has the answers of the others', () => {
  const error = new NodesSilent(['web-1:7', 'web-2:8'], 5_000, ['a']);
  expect(error).toBeInstanceOf(SocketIoError);
  expect(error).toMatchObject({
    name: 'NodesSilent',
    code: 'NODES_SILENT',
    message: 'no answer within 5000 ms from web-1:7, web-2:8',
    nodes: ['web-1:7', 'web-2:8'],
    responses: ['a'],
  });
});
