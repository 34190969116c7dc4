// Lives through two dockings on a real disk, and judges what a cut left of them: journals, records, receipts of records.
//   node dockings-target.js write DIR FAULTS COUNT    prints "CLAIM <docking> <what>" as soon as it may be claimed
//   node dockings-target.js check DIR CLAIMS COUNT    starts and prints {"claims", "bad"}; exit code 1 where a claim is broken
// FAULTS is "good", "no-sync", "no-custody-sync", or "early-claim". The lives are the same each time, whatever COUNT says.
import { mkdirSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../protocol/format/errors.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { CARELESS, carelessFiles } from '../fakes/files-careless.ts';
import { startProblems, type JudgedDisk } from '../unit/records/judge.ts';
import { liveDockings, plan } from '../unit/records/life.ts';
import { ROOT } from '../unit/spool/scenario.ts';

/** Two recordings among other files, and behind it a docking with nothing. */
const planned = [plan(21, 2, 2), plan(22, 0, 0)];

/** The files below ROOT are those below that folder. */
function below(dir: string, files: Files): Files {
  const at = (path: string): string => join(dir, path);
  return {
    makeFolder: (path) => files.makeFolder(at(path)),
    create: (path) => files.create(at(path)),
    open: (path, mode) => files.open(at(path), mode),
    rename: (from, to) => files.rename(at(from), at(to)),
    unlink: (path) => files.unlink(at(path)),
    removeTree: (path) => files.removeTree(at(path)),
    syncFolder: (path) => files.syncFolder(at(path)),
    list: (path) => files.list(at(path)),
    stat: (path) => files.stat(at(path)),
    readAll: (path, bytesMax) => files.readAll(at(path), bytesMax),
    freeBytes: (path) => files.freeBytes(at(path)),
  };
}

function judged(dir: string): JudgedDisk {
  const peek = (path: string): Uint8Array | undefined => {
    try {
      return readFileSync(join(dir, path));
    } catch {
      return undefined;
    }
  };
  const tree = (folder: string): Map<string, Uint8Array> => {
    const names = readdirSync(join(dir, folder), { recursive: true, encoding: 'utf8' });
    const paths = names.map((name) => join(folder, name));
    const isFile = (path: string): boolean => statSync(join(dir, path)).isFile();
    return new Map(paths.filter(isFile).map((path) => [path, peek(path) ?? new Uint8Array(0)]));
  };
  return { ...below(dir, nodeFiles()), peek, tree, openFiles: 0 };
}

async function write(dir: string, faults: string): Promise<void> {
  const careless = CARELESS.find((how) => how === faults);
  const files = careless === undefined ? nodeFiles() : carelessFiles(nodeFiles(), careless);
  mkdirSync(join(dir, ROOT), { recursive: true });
  const claim = (text: string): number => writeSync(1, `CLAIM ${text}\n`);
  if (faults === 'early-claim') for (const { docking } of planned) claim(`${docking} begun`);
  await liveDockings(below(dir, files), planned, claim);
}

async function check(dir: string, claimsPath: string): Promise<void> {
  mkdirSync(join(dir, ROOT), { recursive: true });
  const lines = readFileSync(claimsPath, 'utf8').split('\n');
  const claims = lines.filter((line) => line.startsWith('CLAIM ')).map((line) => line.slice('CLAIM '.length));
  const bad = await startProblems(judged(dir), planned, claims, true);
  writeSync(1, `${JSON.stringify({ claims: claims.length, bad })}\n`);
  process.exitCode = bad.length > 0 ? 1 : 0;
}

const [, , command, dir = '', argument = ''] = process.argv;
if (command === 'write') await write(dir, argument);
else if (command === 'check')
  await check(dir, argument).catch((error: unknown) => {
    writeSync(1, `${JSON.stringify({ claims: 0, bad: [`START-FAILED ${describeError(error)}`] })}\n`);
    process.exitCode = 1;
  });
else throw new Error('write or check is wanted');
