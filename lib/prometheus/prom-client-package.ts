/** The package `prom-client`, an optional peer dependency. */
import type * as PromClient from 'prom-client';
import { requirePackage } from '../nest/internal.js';

export const promClient = requirePackage('prom-client', 'nest-socketio/prometheus') as typeof PromClient;
