/** All commands by name. A command is loaded when it runs. */
import type { Command } from './command.js';

export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;

export const COMMANDS: CommandTable = {
  doctor: async () => (await import('./doctor/doctor.command.js')).doctorCommand,
  migrate: async () => (await import('./migrate/migrate.command.js')).migrateCommand,
  rehearse: async () => (await import('./rehearse/rehearse.command.js')).rehearseCommand,
};
