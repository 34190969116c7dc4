// Loaded into an agent before it begins: reading a file HUNGRY.MP4 takes memory without end, so that the limit of the heap, or that of the
// control group whose list of processes BODYDOCK_MEMORY_GROUP names, ends the process. A file SLOW.MP4 is under way meanwhile, in the first two
// lives. BODYDOCK_HUNGRY names a file that gets a line for each such end; once `<that>.fed` is there the file does no harm any more. Only in
// the main thread.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const ENDS = process.env.BODYDOCK_HUNGRY;
/** Lives in which another file is under way. */
const COMPANY = 2;
const lives = isMainThread && existsSync(ENDS) ? readFileSync(ENDS, 'utf8').split('\n').length - 1 : 0;
const hasCompany = lives < COMPANY;
let onSlow;
const slowOpened = new Promise((resolve) => (onSlow = resolve));

async function hungry() {
  if (existsSync(`${ENDS}.fed`)) return;
  if (hasCompany) await slowOpened;
  appendFileSync(ENDS, 'ended\n');
  const held = [];
  for (;;) held.push(Array.from({ length: 100_000 }, () => held.length + 0.5));
}

async function slow() {
  onSlow();
  if (hasCompany) await new Promise(() => undefined);
}

if (isMainThread) {
  const group = process.env.BODYDOCK_MEMORY_GROUP;
  if (group !== undefined) writeFileSync(group, String(process.pid));
  const open = fs.open;
  fs.open = async (path, ...more) => {
    const handle = await open(path, ...more);
    const [, name] = /\/(HUNGRY|SLOW)\.MP4$/.exec(String(path)) ?? [];
    if (name === undefined) return handle;
    const read = handle.read.bind(handle);
    handle.read = async (...given) => {
      await (name === 'HUNGRY' ? hungry() : slow());
      return read(...given);
    };
    return handle;
  };
  syncBuiltinESMExports();
}
