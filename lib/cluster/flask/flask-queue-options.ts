/** How to speak on the message queue of Flask-SocketIO; each default beside its reason. */
import type { Log } from '../../engine/index.js';
import { invalidOption, refuseUnknownOptions, withoutUndefined } from '../../options.js';

export interface FlaskQueueOptions {
  /**
   * The channel that all servers share: `channel` of Flask-SocketIO. Managers of python-socketio that are made by
   * hand use `'socketio'` unless told otherwise. @default 'flask-socketio'
   */
  channel?: string;
  /**
   * Writes events as Flask servers with python-socketio before 5.15.1 take them: with one argument at most, and
   * without bytes. @default false
   */
  bareValues?: boolean;
  /** Where failures are logged. @default the server's; of an emitter, the console */
  logger?: Log;
}

export interface QueueSettings extends Required<Omit<FlaskQueueOptions, 'logger'>> {
  readonly logger?: Log;
}

export const FLASK_QUEUE_DEFAULTS = {
  channel: 'flask-socketio', // as Flask-SocketIO
  bareValues: false, // what servers write since December 2025
} as const;

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveQueueOptions(options: FlaskQueueOptions): QueueSettings {
  refuseUnknownOptions(options, [...Object.keys(FLASK_QUEUE_DEFAULTS), 'logger'], 'the queue of Flask-SocketIO');
  const settings = { ...FLASK_QUEUE_DEFAULTS, ...withoutUndefined(options) };
  if (typeof settings.channel !== 'string' || settings.channel === '') {
    invalidOption('channel', settings.channel, 'be the name of a Redis channel');
  }
  return settings;
}
