// What root's process makes of a process of a user that was taken over: calls settle, and nothing else comes of it.
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { peerOf, type FileCalls } from '../../../agent/platform/files-of-user.ts';
import { WorkerCalls } from '../../../agent/platform/worker-calls.ts';

/** A process that waits for the first call, then says this again and again until it is ended. */
function hostile(words: string, times: number): WorkerCalls<FileCalls> {
  const code = `process.stdin.once('data', async () => {
  for (let at = 0; at < ${times}; at++)
    if (!process.stdout.write(${words})) await new Promise((resolve) => process.stdout.once('drain', resolve));
  setInterval(() => undefined, 60_000);
});`;
  return new WorkerCalls<FileCalls>(() =>
    peerOf(spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'ignore'] })),
  );
}

test.each([
  ['no JSON', '"{oops\\n"'],
  ['nothing', '"null\\n"'],
  ['a number', '"5\\n"'],
  ['an error that is none', '\'{"id":1,"error":null}\\n\''],
  ['an error of text', '\'{"id":1,"error":"x"}\\n\''],
  ['an object as answer', '\'{"id":1,"value":{"then":1}}\\n\''],
  ["a word of Node's own channel", '\'{"cmd":"NODE_HANDLE_NACK"}\\n\''],
  ['an answer to nothing', '\'{"id":99}\\n\''],
])('%s ends the process and the calls that wait', async (_, words) => {
  const calls = hostile(words, 1);
  const waiting = [calls.call('sync', { file: 1 }), calls.call('close', { file: 1 })];
  for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'worker.died' });
  await calls.close();
});

test.each([
  ['a line without end', '"a".repeat(65536)', 20_000],
  ['answers without end', '\'{"id":99}\\n\'.repeat(3000)', 20_000],
])('%s takes no memory', async (_, words, times) => {
  const before = process.memoryUsage().rss;
  const calls = hostile(words, times);
  await expect(calls.call('sync', { file: 1 })).rejects.toMatchObject({ code: 'worker.died' });
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  await calls.close();
});

test('an error may name another one inside as deep as it wants', async () => {
  const deep =
    '\'{"id":1,"error":\' + \'{"message":"a","system":{},"cause":\'.repeat(9000) + "null" + "}".repeat(9001) + "\\n"';
  const calls = hostile(deep, 1);
  await expect(calls.call('sync', { file: 1 })).rejects.toMatchObject({ message: 'a' });
  await calls.close();
});
