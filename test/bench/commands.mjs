/** Runs in a program started by `Program`: answers each command with a function, over the channel to the parent. */
export function answerCommands(commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, answer: await commands[command](args) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit()); // the program must not outlive the run that started it
  process.send({ ready: true });
}
