export * from './auth.middleware';
export * from './realtime-io.adapter';
export * from './redis.options';
export * from './setup-websockets';
export * from './timing.interceptor';
export * from './ws-user.decorator';
