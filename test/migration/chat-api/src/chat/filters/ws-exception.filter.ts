import { ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import { Socket } from 'socket.io';

/** Validation errors are HTTP exceptions, which Nest would hide from WebSocket clients. */
@Catch(WsException, HttpException)
export class WsExceptionFilter extends BaseWsExceptionFilter {
  catch(exception: WsException | HttpException, host: ArgumentsHost) {
    if (exception instanceof WsException) {
      return super.catch(exception, host);
    }

    const client = host.switchToWs().getClient<Socket>();
    const response = exception.getResponse() as { message: string | string[] };
    client.emit('exception', {
      status: exception.getStatus(),
      errors: [response.message].flat(),
      event: host.switchToWs().getPattern(),
    });
  }
}
