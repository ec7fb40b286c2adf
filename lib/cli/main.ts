#!/usr/bin/env node
/** The program `nest-socketio`: runs one command and ends with its exit code. */
import { COMMANDS } from './commands.js';
import { run } from './run.js';

process.exitCode = await run(COMMANDS, {
  args: process.argv.slice(2),
  cwd: process.cwd(),
  out: process.stdout,
  err: process.stderr,
});
