import type { Scenario } from '../scenario.js';

export const EXPORTS: readonly Scenario[] = [
  {
    name: 'objects of the server are instances of the exported classes',
    covers: ['Exports: Server', 'Exports: Namespace', 'Exports: Socket'],
    async run(stage) {
      const { Server, Namespace, Socket } = stage.exports;
      const [, socket] = await stage.join('a');
      stage.log('server', 'instances', stage.io instanceof Server, socket instanceof Socket);
      stage.log(
        'server',
        'namespaces',
        stage.io.of('/') instanceof Namespace,
        stage.io.of(/^\/x/) instanceof Namespace,
      );
    },
  },
];
