/** Options for the message queue of Flask-SocketIO, with each default and its reason. */
import type { Log } from '../../engine/internal.js';
import { invalidOption, refuseUnknownOptions, withoutUndefined } from '../../options.js';

/** @publicApi */
export interface FlaskQueueOptions {
  /**
   * The Redis channel that all servers share: `channel` of Flask-SocketIO. A manager of python-socketio that an
   * application creates itself uses `'socketio'` by default. @default 'flask-socketio'
   */
  channel?: string;
  /**
   * Writes events in the form that python-socketio before 5.15.1 reads: at most one argument, and no bytes.
   * @default false
   */
  bareValues?: boolean;
  /** Where failures are logged. @default the server's log; the console for an emitter */
  logger?: Log;
}

export interface QueueSettings extends Required<Omit<FlaskQueueOptions, 'logger'>> {
  readonly logger?: Log;
}

export const FLASK_QUEUE_DEFAULTS = {
  channel: 'flask-socketio', // as Flask-SocketIO
  bareValues: false, // the form of python-socketio since December 2025
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
