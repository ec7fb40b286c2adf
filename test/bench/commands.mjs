/** The side of a started program: one function per command, answered over the channel that it was started with. */
export function answerCommands(commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, answer: await commands[command](args) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit()); // nothing outlives the run that started it
  process.send({ ready: true });
}
