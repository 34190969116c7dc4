// Process entry of the embedded broker: forked by the first run, so that broker and station share no thread. Sends `{port}` to its parent
// and ends with it. An interrupt from the keyboard reaches the whole process group: the parent decides when this one ends.
import { describeError } from '../../protocol/format/errors.ts';
import { startEmbeddedBroker } from './broker-embedded.ts';

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
try {
  const { port } = await startEmbeddedBroker({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
  process.send?.({ port });
} catch (error) {
  process.send?.({ error: describeError(error) });
  process.exitCode = 1;
  process.disconnect?.();
}
