/** The package `@nestjs/terminus`, an optional peer dependency. */
import type * as Terminus from '@nestjs/terminus';
import { requirePackage } from '../nest/internal.js';

export const terminus = requirePackage('@nestjs/terminus', 'nest-socketio/terminus') as typeof Terminus;
