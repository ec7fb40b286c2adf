/** The applications of a node and of the worker. They have the broker in common, and nothing else. */
import { Module } from '@nestjs/common';
import { SocketIoEmitterModule, SocketIoModule } from 'nest-socketio';
import { BoardGateway } from './board.gateway.js';
import { Ticks } from './ticks.js';

const broker = process.env['BROKER'] ?? 'cluster:';

@Module({ imports: [SocketIoModule.forRoot({ broker })], providers: [BoardGateway] })
export class NodeModule {}

@Module({ imports: [SocketIoEmitterModule.forRoot({ broker })], providers: [Ticks] })
export class WorkerModule {}
