export type ProgramName =
  | 'chromium'
  | 'haproxy'
  | 'nats-server'
  | 'nginx'
  | 'postgresql'
  | 'prometheus'
  | 'python3-flask-socketio'
  | 'python3-socketio'
  | 'redis-server';

export const PYTHON: string;
export const NGINX: string;
export const HAPROXY: string;
export const NATS: string;
export const NODE24: string;
export const POSTGRES: string | undefined;
export const PROGRAMS: Readonly<Record<ProgramName, { readonly packages: string[]; isPresent(): boolean }>>;

export function isPresent(name: ProgramName): boolean;
export function isRequired(): boolean;
export function isExecutable(file: string): boolean;
