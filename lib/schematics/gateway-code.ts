/** The code of a new gateway and of its test. Both are in the style that Prettier has in applications of `nest new`. */

/** A gateway to create. */
export interface GatewayDescription {
  /** `SupportChatGateway` */
  readonly className: string;
  /** How the test imports the gateway: `./support-chat.gateway.js`. */
  readonly specifier: string;
  /** `/` for the main namespace. */
  readonly namespace: string;
}

/** Returns the code of a gateway that greets clients and acknowledges one event. */
export function gatewayCode({ className, namespace }: GatewayDescription): string {
  return `import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, type Socket } from 'nest-socketio';

@Gateway(${namespace === '/' ? '' : quote(namespace)})
export class ${className} {
  @OnConnect()
  welcome(@ConnectedSocket() client: Socket): void {
    client.emit('welcome', client.id);
  }

  @Event()
  say(@MessageBody() text: string): { heard: number } {
    return { heard: text.length };
  }
}
`;
}

/** Returns the code of a test that connects a client in memory. It runs under vitest and under jest. */
export function gatewaySpec({ className, specifier, namespace }: GatewayDescription): string {
  const target = namespace === '/' ? 'app' : `app, ${quote(exampleOf(namespace))}`;
  return `import { Test, TestingModule } from '@nestjs/testing';
import { SocketIoModule } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { ${className} } from '${specifier}';

describe('${className}', () => {
  let app: TestingModule;
  let client: TestClient;

  beforeEach(async () => {
    app = await Test.createTestingModule({
      imports: [SocketIoModule.forRoot()],
      providers: [${className}],
    }).compile();
    client = await TestClient.connect(${target});
  });

  afterEach(() => app.close());

  it('should welcome a client', async () => {
    expect(await client.next('welcome')).toEqual([client.id]);
  });

  it('should acknowledge what a client says', async () => {
    expect(await client.emitWithAck('say', 'hello')).toEqual({ heard: 5 });
  });
});
`;
}

/** A namespace that a pattern matches: `/rooms/id` for `/rooms/:id`. */
function exampleOf(namespace: string): string {
  return namespace.replaceAll(/:(?=\w)/g, '');
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
