import { Module } from '@nestjs/common';
import { SocketIoHealthIndicator } from './socket-io-health.indicator.js';
import { terminus } from './terminus-package.js';

/**
 * Provides {@link SocketIoHealthIndicator}. Import it next to Terminus' own module, into the module of the controller.
 * @publicApi
 */
@Module({
  imports: [terminus.TerminusModule],
  providers: [SocketIoHealthIndicator],
  exports: [SocketIoHealthIndicator],
})
export class SocketIoHealthModule {}
