// `bodydock spool ls`: the recordings in the spool, the oldest first, a line each as soon as it is read. Facts come from the spool's index where
// it has them, states from the folders themselves.
import { join } from 'node:path';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import { isMachineShort } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { nodeFiles } from '../platform/files-node.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { dataSize, shownAt, type Language } from '../evidence/page/language.ts';
import { readSnapshot } from '../custody/ledger-file.ts';
import { readFacts } from '../spool/judge.ts';
import { RECEIPT_NAME, RECEIPT_SIGNATURE_NAME, type SpoolLayout } from '../spool/layout.ts';
import { emptySnapshot } from '../spool/snapshot-rows.ts';
import type { ReleasedRows } from '../spool/released-rows.ts';
import type { RecordingFacts } from '../spool/spooled-recording.ts';
import { command, LANG } from '../../config/command-line.ts';
import { spoolOf, type SpoolPlace } from './spool-place.ts';
import { durationText } from '../../config/durations.ts';
import { SPOOL } from './spool-place.ts';

const RECEIPT_BYTES_MAX = 64 * 1024;
const SPOOL_ID = /"spool":"([a-z2-7]{26})"/;

interface Row {
  readonly recording: RecordingId;
  readonly state: 'spooled' | 'receipted' | 'released' | 'unreadable';
  readonly facts: RecordingFacts | undefined;
  readonly receiptedAt: string | null;
}

interface Totals {
  recordings: number;
  waiting: number;
  waitingBytes: number;
  bytes: number;
}

/** Errors: "usage", "config.refused", "spool.absent", the system's, the signal's reason. */
export const listSpool = command(
  {
    name: 'bodydock spool ls',
    usage: ['[--config FILE] [--all] [--lang en|de] [--json]'],
    about: `
Lists the recordings in the spool, the oldest first: waiting for the store, or kept for a while although the store has them. Shows aliases of
cameras, never a serial number or the name of a file.
`,
    options: {
      config: STATION_FILE,
      all: { type: 'boolean', text: 'also those of which only the documents are left here' },
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits: '0 good, 1 no spool, 2 usage, 78 configuration.',
  },
  async (line, io) => {
    const { json, language } = line;
    const place = await spoolOf(line.values.config, io);
    const list = new Listing(place, language);
    let isFirst = true;
    io.out(json ? '{"recordings":[' : list.title());
    try {
      for await (const row of rows(place.layout, line.values.all === true, io.signal)) {
        io.out(json ? `${isFirst ? '' : ','}${JSON.stringify(list.document(row))}` : list.line(row));
        isFirst = false;
      }
    } catch (error) {
      if (json) io.out('\n'); // the document that tells of the error has a line of its own
      throw error;
    }
    io.out(json ? `],"totals":${JSON.stringify(list.totalsDocument())}}\n` : list.sum());
    return EXIT_GOOD;
  },
);

/** In the order in which they were sealed; those that the index does not know yet are the newest. */
async function* rows(layout: SpoolLayout, all: boolean, signal: AbortSignal): AsyncGenerator<Row> {
  const files = nodeFiles();
  const id = await files
    .readAll(layout.identity, RECEIPT_BYTES_MAX)
    .then((bytes) => Buffer.from(bytes).toString());
  const spool = SPOOL_ID.exec(id)?.[1] ?? '';
  const known = await readSnapshot(files, layout.snapshot, spool, emptySnapshot);
  const [index, released] = [known.recordings.rows, known.released.rows];
  const sealedMs = (name: RecordingId): number => {
    const row = index.find(name);
    return (row === undefined ? undefined : index.sealedMsAt(row)) ?? releasedMs(released, name);
  };
  const folders = all ? [layout.released, layout.ready] : [layout.ready];
  for (const folder of folders) {
    const names = (await files.list(folder)).filter(isRecordingId);
    const timed = names.map((recording) => ({ recording, sealedMs: sealedMs(recording) }));
    timed.sort((a, b) => (a.sealedMs < b.sealedMs ? -1 : a.sealedMs > b.sealedMs ? 1 : 0)); // of two that are not known none is later
    for (const { recording } of timed) {
      signal.throwIfAborted();
      const known = index.get(recording)?.facts;
      const row = await readRow(files, { folder: join(folder, recording), recording, known });
      if (row !== undefined)
        yield folder === layout.released && row.state === 'receipted' ? { ...row, state: 'released' } : row;
    }
  }
}

/** Later than all others where it is not known. */
function releasedMs(released: ReleasedRows, recording: RecordingId): number {
  const second = released.sealedAt(recording);
  return second === undefined ? Number.POSITIVE_INFINITY : second * 1000;
}

/** Undefined where the agent has just moved it. */
async function readRow(
  files: Files,
  { folder, recording, known }: { folder: string; recording: RecordingId; known: RecordingFacts | undefined },
): Promise<Row | undefined> {
  const facts = known ?? (await readFacts(files, folder, recording, []).catch(() => undefined))?.facts;
  if (facts === undefined)
    return (await files.stat(folder)) === undefined
      ? undefined
      : { recording, state: 'unreadable', facts, receiptedAt: null };
  if ((await files.stat(join(folder, RECEIPT_SIGNATURE_NAME))) === undefined)
    return (await files.stat(folder)) === undefined
      ? undefined
      : { recording, state: 'spooled', facts, receiptedAt: null };
  return { recording, state: 'receipted', facts, receiptedAt: await receiptedAt(files, folder) };
}

async function receiptedAt(files: Files, folder: string): Promise<string | null> {
  try {
    return parseReceipt(await files.readAll(join(folder, RECEIPT_NAME), RECEIPT_BYTES_MAX)).received_at;
  } catch (error) {
    if (isMachineShort(error)) throw error;
    return null;
  }
}

class Listing {
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #language: Language;
  readonly #words: (typeof SPOOL)[Language];
  readonly #nowMs = Date.now();
  readonly #width: number;
  readonly #totals: Totals = { recordings: 0, waiting: 0, waitingBytes: 0, bytes: 0 };

  constructor({ config }: SpoolPlace, language: Language) {
    this.#aliases = new Map(config.cameras.map(({ id, alias }) => [id, alias]));
    this.#language = language;
    this.#words = SPOOL[language];
    this.#width = Math.min(
      20,
      Math.max(this.#words('camera').length, ...config.cameras.map(({ alias }) => alias.length)),
    );
  }

  title(): string {
    const columns = ['state', 'age', 'size', 'camera', 'recording', 'receipt'] as const;
    return this.#row(columns.map((column) => this.#words(column)));
  }

  line(row: Row): string {
    this.#count(row);
    const { facts, receiptedAt: at } = row;
    return this.#row([
      this.#words(`state.${row.state}`),
      facts === undefined ? '-' : durationText(this.#ageSeconds(facts), this.#language),
      facts === undefined ? '-' : dataSize(facts.sealedSizeBytes, this.#language),
      this.#camera(facts),
      row.recording,
      at === null ? '-' : shownAt(at),
    ]);
  }

  document(row: Row): object {
    this.#count(row);
    const { recording, state, facts, receiptedAt: at } = row;
    return {
      recording,
      state,
      camera: facts === undefined ? null : this.#camera(facts),
      role: facts?.role ?? null,
      locked: facts?.locked ?? null,
      rejected: facts?.rejected?.reason ?? null,
      sealed_at: facts?.sealedAt ?? null,
      age_seconds: facts === undefined ? null : this.#ageSeconds(facts),
      sealed_size_bytes: facts?.sealedSizeBytes ?? null,
      receipted_at: at,
    };
  }

  sum(): string {
    const { recordings, bytes, waiting, waitingBytes } = this.#totals;
    return this.#words('sum', {
      count: recordings,
      size: dataSize(bytes, this.#language),
      waiting,
      waitingSize: dataSize(waitingBytes, this.#language),
    });
  }

  totalsDocument(): object {
    const { recordings, bytes, waiting, waitingBytes } = this.#totals;
    return { recordings, sealed_bytes: bytes, waiting_recordings: waiting, waiting_bytes: waitingBytes };
  }

  #count({ state, facts }: Row): void {
    const bytes = facts?.sealedSizeBytes ?? 0;
    this.#totals.recordings++;
    if (state !== 'released') this.#totals.bytes += bytes;
    if (state !== 'spooled') return;
    this.#totals.waiting++;
    this.#totals.waitingBytes += bytes;
  }

  /** The alias; of a camera that nobody configured the id, which the station made. */
  #camera(facts: RecordingFacts | undefined): string {
    return facts === undefined ? '-' : (this.#aliases.get(facts.camera) ?? facts.camera);
  }

  #ageSeconds({ sealedAt }: RecordingFacts): number {
    return Math.max(0, Math.floor((this.#nowMs - Date.parse(sealedAt)) / 1000));
  }

  #row([
    state = '',
    age = '',
    size = '',
    camera = '',
    recording = '',
    receipt = '',
  ]: readonly string[]): string {
    const cells = [
      state.padEnd(10),
      age.padStart(8),
      size.padStart(9),
      camera.slice(0, this.#width).padEnd(this.#width),
    ];
    return `${printable([...cells, recording.padEnd(26), receipt].join('  ').trimEnd())}\n`;
  }
}
