// The process that files-of-user.ts starts: does on the file system what it is asked, by the rights of the user that it runs as, until it is left.
import { encodeBase64 } from '../../protocol/format/bytes.ts';
import type { OpenFile } from '../../protocol/format/ports.ts';
import { nodeFiles } from './files-node.ts';
import { type FileCalls, PipeLines } from './files-of-user.ts';
import { type CallRequest, serveCalls } from './worker-calls.ts';

const files = nodeFiles();
const opened = new Map<number, OpenFile>();
let last = 0;

function keep(file: OpenFile): number {
  opened.set(++last, file);
  return last;
}

function at(file: number): OpenFile {
  const found = opened.get(file);
  if (found === undefined)
    throw Object.assign(new Error('EBADF: the file was closed'), { code: 'EBADF', syscall: 'fstat' });
  return found;
}

const requests = new PipeLines(Infinity); // who asks is trusted
process.stdin.once('end', () => process.exit());
serveCalls<FileCalls>(
  {
    postMessage: (answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`),
    on: (_, listener) =>
      process.stdin.on('data', (chunk) => {
        for (const line of requests.push(chunk)) listener(JSON.parse(line) as CallRequest);
      }),
  },
  {
    makeFolder: ({ path }) => files.makeFolder(path),
    create: async ({ path }) => keep(await files.create(path)),
    openToWrite: async ({ path }) => keep(await files.open(path, 'write')),
    rename: ({ from, to }) => files.rename(from, to),
    unlink: ({ path }) => files.unlink(path),
    removeTree: ({ path }) => files.removeTree(path),
    write: ({ file, base64, position }) => at(file).write(Buffer.from(base64, 'base64'), position),
    read: async ({ file, sizeBytes, position }) => {
      const target = new Uint8Array(sizeBytes);
      return encodeBase64(target.subarray(0, await at(file).read(target, position)));
    },
    sync: ({ file }) => at(file).sync(),
    sizeBytes: ({ file }) => at(file).sizeBytes(),
    close: async ({ file }) => {
      const open = at(file);
      opened.delete(file);
      await open.close();
    },
  },
);
