/** The applications of a node and of the worker. They have the broker in common, and nothing else. */
import { Module } from '@nestjs/common';
import { SocketIoEmitterModule, SocketIoModule } from 'nest-socketio';
import { BoardGateway } from './board.gateway.js';
import { Ticks } from './ticks.js';

const broker = process.env['BROKER'] ?? 'cluster:';

/** Node's cluster keeps no events, so clients can resume with Redis only. */
const options = broker === 'cluster:' ? { broker } : { broker, connectionStateRecovery: {} };

@Module({ imports: [SocketIoModule.forRoot(options)], providers: [BoardGateway] })
export class NodeModule {}

@Module({ imports: [SocketIoEmitterModule.forRoot(options)], providers: [Ticks] })
export class WorkerModule {}
