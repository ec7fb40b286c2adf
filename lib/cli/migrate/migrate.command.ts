/** The command `migrate`. */
import { type Command, EXIT } from '../command.js';

export const migrateCommand: Command = {
  summary: 'moves an application from @nestjs/platform-socket.io',
  help: 'Usage: npx nest-socketio migrate [folder] [--dry-run] [--force]\n',
  run: async () => EXIT.failed,
};
