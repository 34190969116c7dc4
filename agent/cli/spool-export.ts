// `bodydock spool export`: copies sealed recordings out of the spool as they are, and checks each copy. Nothing is opened.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { command, type Io, LANG, usageError, writeJson } from '../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import type { Remark } from '../evidence/verify/remark.ts';
import type { TrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { verifyPlace } from '../evidence/verify/verify-place.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { PAYLOAD_NAME, type SpoolLayout } from '../spool/layout.ts';
import { OPENING_WORDS } from './opening-words.ts';
import { spoolKeys, spoolOf } from './spool-place.ts';
import { VerifyText } from './verify-text.ts';

const RECORDINGS_MAX = 1024;

interface Exported {
  readonly recording: string;
  readonly folder: string | null;
  readonly bytes: number;
  readonly good: boolean;
  readonly remarks: readonly Remark[];
  readonly error: string | null;
}

/** Errors: "usage", "config.refused", "spool.absent", "key.*", the signal's reason. */
export const exportFromSpool = command(
  {
    name: 'bodydock spool export',
    usage: ['RECORDING... --out DIR [--config FILE] [--keys KEYS] [--lang en|de] [--json]'],
    about: `
Copies the folders of sealed recordings or docking records as they are to DIR/RECORDING, reads each copy again, and checks its documents,
signatures and digests. Nothing is opened or taken away; \`bodydock spool ls\` names the recordings. May run beside the agent.
`,
    options: {
      config: STATION_FILE,
      keys: {
        type: 'string',
        value: 'KEYS',
        text: "folder with station*.pub and store*.pub (default: the station's own key and the keys of the store in its file)",
      },
      lang: LANG,
      out: {
        type: 'string',
        value: 'DIR',
        text: 'where to; made where it is missing. A RECORDING that is there already is not touched',
      },
    },
    json: 'one JSON document on standard output',
    exits: '0 every copy is whole, 1 one is not or was not found, 2 usage, 78 configuration or keys.',
    wordsMax: RECORDINGS_MAX,
  },
  async (line, io) => {
    const { out } = line.values;
    const { json, language } = line;
    const [first] = line.words;
    if (first === undefined || out === undefined)
      throw usageError('name at least one RECORDING, and --out DIR');
    for (const word of line.words)
      if (!isRecordingId(word)) throw usageError(`${JSON.stringify(word)} is no id of a recording`);
    const spool = await spoolOf(line.values.config, io);
    const keys = await spoolKeys(spool, line.values.keys);
    const target = await targetFolder(out, spool.layout);
    const exported: Exported[] = [];
    for (const recording of new Set(line.words)) {
      const done = await exportOne({ recording, target, layout: spool.layout, keys, signal: io.signal });
      exported.push(done);
      if (!json) tell(done, language, io);
    }
    const good = exported.every((each) => each.good);
    if (json) writeJson(io, { good, out: target, recordings: exported });
    return good ? EXIT_GOOD : EXIT_FAILURE;
  },
);

function tell(
  { recording, folder, bytes, good, remarks, error }: Exported,
  language: Language,
  io: Io,
): void {
  const words = OPENING_WORDS[language];
  if (error !== null) io.err(`bodydock: ${printable(`${recording}: ${error}`)}\n`);
  else
    io.out(
      `${good ? words.good : words.bad}  ${printable(folder ?? '')}  ${fill(words.bytes, bytes)}\n${new VerifyText(language).remarks(remarks)}`,
    );
}

/** Never in the spool itself: what lies there is the agent's. */
async function targetFolder(out: string, layout: SpoolLayout): Promise<string> {
  await makeFolders(out, 0o750);
  const [target, root] = await Promise.all([realpath(resolve(out)), realpath(layout.root)]);
  if (target !== root && !target.startsWith(`${root}${sep}`)) return target;
  throw usageError(`--out ${out} lies in the spool: name a folder elsewhere`);
}

async function exportOne(wish: {
  readonly recording: string;
  readonly target: string;
  readonly layout: SpoolLayout;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}): Promise<Exported> {
  const { recording, target, layout, keys, signal } = wish;
  const files = nodeFiles();
  const nothing = { recording, folder: null, bytes: 0, good: false, remarks: [] };
  try {
    const folder = await findFolder(recording, layout);
    const copy = join(target, recording);
    const bytes = await copyFolder(files, folder, copy, signal);
    const remarks: Remark[] = [];
    const place = { kind: 'recording', path: copy, keysFolder: keys.folder } as const;
    const options = { files, keys, identities: [], nowMs: nodeClock().wallMs(), signal };
    const totals = await verifyPlace(place, options, {
      recording: (checked) => void remarks.push(...checked.remarks),
      docking: (checked) => void remarks.push(...checked.remarks),
      remark: (remark) => void remarks.push(remark),
    });
    return { recording, folder: copy, bytes, good: totals.findings === 0, remarks, error: null };
  } catch (error) {
    signal.throwIfAborted();
    return { ...nothing, error: whyNot(error) };
  }
}

async function findFolder(recording: string, layout: SpoolLayout): Promise<string> {
  const files = nodeFiles();
  for (const parent of [layout.ready, layout.dockings, layout.reports, layout.texts])
    if ((await files.stat(join(parent, recording)))?.kind === 'folder') return join(parent, recording);
  const isReleased = (await files.stat(join(layout.released, recording))) !== undefined;
  const why = isReleased
    ? 'its sealed copy is no longer here: the store has it'
    : 'it is not in the spool (`bodydock spool ls` names what is)';
  throw new DockError('spool.no-recording', why, { retry: 'never' });
}

function whyNot(error: unknown): string {
  if (error instanceof DockError) return error.message;
  const code = systemCode(error);
  if (code === 'ENOENT') return 'it was taken away meanwhile: the store has it now';
  return `it could not be copied (${code ?? String(error)})`;
}

// Copies one folder of the spool: every byte is durable and was read again before the copy has its name.
//
// Invariants:
// 1. What is there already is not touched; a copy that is not whole never has the recording's name.
// 2. The source is only read.

const PIECE_BYTES = 1024 * 1024;
/** A folder has six files. */
const FILES_MAX = 64;
/** The digest list of a terabyte; what is longer was damaged and would fill the target. */
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
const UNFINISHED = '.unfinished';

/** Bytes that were copied. Errors: "spool.copy-exists", "spool.copy-differs", "spool.odd-folder", the system's, the signal's reason. */
async function copyFolder(files: Files, from: string, to: string, signal: AbortSignal): Promise<number> {
  if ((await files.stat(to)) !== undefined)
    throw new DockError('spool.copy-exists', `${to} is there already: nothing was copied`, {
      retry: 'person',
    });
  const names = await files.list(from);
  if (names.length > FILES_MAX)
    throw new DockError(
      'spool.odd-folder',
      `${from} holds ${names.length} names, at most ${FILES_MAX} are copied`,
      {
        retry: 'person',
      },
    );
  const unfinished = `${to}${UNFINISHED}`;
  await files.removeTree(unfinished); // of a copy that was cut off
  await files.makeFolder(unfinished);
  try {
    let bytes = 0;
    for (const name of names.sort())
      bytes += await copyFile(files, join(from, name), join(unfinished, name), signal);
    await files.syncFolder(unfinished);
    await files.rename(unfinished, to);
    await files.syncFolder(join(to, '..'));
    return bytes;
  } catch (error) {
    await files.removeTree(unfinished).catch(() => undefined);
    throw error;
  }
}

async function copyFile(files: Files, from: string, to: string, signal: AbortSignal): Promise<number> {
  const found = await files.stat(from);
  if (found?.kind === 'folder')
    throw new DockError('spool.odd-folder', `${from} is a folder: a recording has none`, { retry: 'person' });
  if (found !== undefined && found.sizeBytes > DOCUMENT_BYTES_MAX && basename(from) !== PAYLOAD_NAME)
    throw new DockError(
      'spool.odd-folder',
      `${from} has ${found.sizeBytes} bytes, no document of a recording has more than ${DOCUMENT_BYTES_MAX}`,
      { retry: 'person' },
    );
  const source = await files.open(from, 'read');
  try {
    const target = await files.create(to);
    let read: Pass;
    try {
      read = await pass(source, signal, (piece, position) => target.write(piece, position));
      await target.sync();
    } finally {
      await target.close();
    }
    const again = await readAgain(files, to, signal);
    if (again.sha256 === read.sha256 && again.bytes === read.bytes) return read.bytes;
    throw new DockError('spool.copy-differs', `${to} is not what was written: this disk cannot be trusted`, {
      retry: 'person',
    });
  } finally {
    await source.close();
  }
}

async function readAgain(files: Files, path: string, signal: AbortSignal): Promise<Pass> {
  const file = await files.open(path, 'read');
  try {
    return await pass(file, signal, () => Promise.resolve());
  } finally {
    await file.close();
  }
}

interface Pass {
  readonly bytes: number;
  readonly sha256: string;
}

async function pass(
  file: Awaited<ReturnType<Files['open']>>,
  signal: AbortSignal,
  take: (piece: Uint8Array, position: number) => Promise<void>,
): Promise<Pass> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(PIECE_BYTES);
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const piece = buffer.subarray(0, await file.read(buffer, bytes));
    if (piece.length === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(piece);
    await take(piece, bytes);
    bytes += piece.length;
  }
}
