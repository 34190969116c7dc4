// What staff give at the dock's screen, on its way to signed documents (SPEC 4.17): reports and texts.
//
// Invariants:
// 1. What was given is durable before anybody is thanked.
// 2. Documents of a day are made once the day is over, all together and in the order of their random ids. Nothing that is kept, entered or sent says
//    when one was given, or which before which.
// 3. A cut leaves some of them made: the rest is made again from the same file, and one that is made is never made twice.
import * as z from 'zod';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import * as d from '../../protocol/documents/document.ts';
import {
  encodeStaffDocument,
  staffDocumentSchema,
  type StaffDocument,
  type StaffKind,
  type StaffReport,
  staffTrustedComment,
} from '../../protocol/documents/staff-report.ts';
import { encodeBase64, encodeUtf8 } from '../../protocol/format/bytes.ts';
import { readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import { makeRecordingId, type StationId } from '../../protocol/format/ids.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import type { Clock, Files, Log, Random, Signer } from '../../protocol/format/ports.ts';
import type { CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import { withReserve } from '../platform/reserve.ts';
import {
  DocumentStore,
  type DocumentStoreOptions,
  documentType,
  plainDocuments,
  type StoredDocument,
} from '../spool/document-store.ts';
import type { RecoveryFinding } from '../spool/findings.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import type { ItemType, SignedItems } from '../spool/signed-items.ts';
import type { Spool } from '../spool/spool.ts';

/** Of each kind in a day: staff of a whole shift, several times. A screen that somebody plays with must not fill disk and store. */
export const STAFF_DOCUMENTS_MAX = 200;
const GIVEN_BYTES_MAX = 16 * 1024 * 1024;
/** How late documents of a day may be made after its end. */
const LOOK_MS = 600_000;

const givenSchema = z.strictObject({
  type: z.literal('given'),
  version: z.literal(1),
  documents: z.array(staffDocumentSchema).max(4 * STAFF_DOCUMENTS_MAX),
});

/** What one touch gave. */
export type Given = Pick<StaffReport, 'questions_sha256' | 'answers'> | { readonly text: string };

export type StaffStores = ReadonlyMap<StaffKind, DocumentStore>;

interface StaffReportsOptions {
  readonly station: StationId;
  readonly recipients: readonly string[];
  readonly stores: StaffStores;
  readonly spool: Pick<Spool, 'layout' | 'confirm' | 'logReserve' | 'setAside'>;
  readonly items: Pick<SignedItems, 'spooled'>;
  readonly custody: Pick<CustodyLog, 'isEntered'>;
  readonly bulk: { sealSmall(bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> };
  readonly signer: Signer;
  readonly files: Files;
  readonly random: Random;
  readonly clock: Pick<Clock, 'wallMs' | 'sleep'>;
  readonly localMs: (utcMs: number) => number;
  readonly log: Log;
}

/** Opens the stores of both kinds, with whatever lies on the disk. Errors: those of DocumentStore.open. */
export async function openStaffStores(
  options: DocumentStoreOptions & { readonly spool: { readonly layout: SpoolLayout } },
): Promise<{ readonly stores: StaffStores; readonly findings: readonly RecoveryFinding[] }> {
  const { reports, texts } = options.spool.layout;
  const opened = await DocumentStore.open(plainDocuments('staff-report', reports), options);
  const other = await DocumentStore.open(plainDocuments('staff-text', texts), options);
  const stores = new Map([
    ['staff-report', opened.store],
    ['staff-text', other.store],
  ] as const);
  return { stores, findings: [...opened.findings, ...other.findings] };
}

/** Both kinds as signed items. */
export function staffTypes(stores: StaffStores, files: Pick<Files, 'readAll'>): ItemType<StoredDocument>[] {
  return [...stores].map(([kind, store]) =>
    documentType(
      kind,
      store,
      ({ recording, manifestSha256: sha256 }): CustodyEvent[] => [
        { event: 'document-recorded', facts: { kind, record: recording, sha256 } },
      ],
      files,
    ),
  );
}

/** Of one station. */
export class StaffReports {
  readonly #options: StaffReportsOptions;
  /** In the order of their ids. */
  #given: readonly StaffDocument[];
  readonly #turns = new KeyedMutex<'given'>();

  private constructor(options: StaffReportsOptions, given: readonly StaffDocument[]) {
    this.#options = options;
    this.#given = given;
  }

  /** With what an earlier run was given; a file that cannot be read goes to the quarantine. Errors: the system's. */
  static async open(options: StaffReportsOptions): Promise<StaffReports> {
    const { files, spool, log } = options;
    const { given: path } = spool.layout;
    const bytes = await readIfThere(files, path, GIVEN_BYTES_MAX);
    try {
      const given = bytes && d.parseDocument(givenSchema, bytes, GIVEN_BYTES_MAX);
      return new StaffReports(options, given?.documents ?? []);
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      log.error('what staff gave cannot be read, quarantined', { error: describeError(error) });
      await spool.setAside(path, 'what staff gave cannot be read');
      return new StaffReports(options, []);
    }
  }

  /** Durable once it resolves to true; false where the day has enough. Errors: "spool.gone", the system's: nothing was taken. */
  give(given: Given): Promise<boolean> {
    return this.#turns.run('given', async () => {
      await this.#makeDue();
      const document = await this.#documentOf(given);
      if (this.#given.filter(({ type }) => type === document.type).length >= STAFF_DOCUMENTS_MAX)
        return false;
      await this.#keep([...this.#given, document].toSorted((a, b) => (a.record < b.record ? -1 : 1)));
      return true;
    });
  }

  /** Makes documents of each day that is over, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await this.#turns
        .run('given', () => this.#makeDue())
        .catch((error: unknown) => log.warn('staff reports not made, will retry', { error }));
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** The station's local day. */
  get #today(): string {
    const { clock, localMs } = this.#options;
    return new Date(localMs(clock.wallMs())).toISOString().slice(0, 'YYYY-MM-DD'.length);
  }

  async #documentOf(given: Given): Promise<StaffDocument> {
    const { station, recipients, random, bulk } = this.#options;
    const record = makeRecordingId(random);
    const common = { version: 1, record, station, day: this.#today } as const;
    if (!('text' in given)) return { type: 'staff-report', ...common, ...given };
    const sealed = encodeBase64(await bulk.sealSmall(encodeUtf8(given.text), recipients));
    return { type: 'staff-text', ...common, recipients: [...recipients], sealed };
  }

  async #makeDue(): Promise<void> {
    const today = this.#today;
    const due = this.#given.filter(({ day }) => day !== today);
    if (due.length === 0) return;
    for (const document of due) await this.#make(document);
    await this.#keep(this.#given.filter(({ day }) => day === today));
  }

  async #make(document: StaffDocument): Promise<void> {
    const { stores, custody, signer, items } = this.#options;
    const { type: kind, record } = document;
    const store = stores.get(kind);
    if (store === undefined || store.get(record) !== undefined || custody.isEntered(record, ITEM.recorded))
      return;
    const bytes = encodeStaffDocument(document);
    await store.write({ bytes, signature: await signer.sign(bytes, staffTrustedComment(kind)) });
    items.spooled(kind, record);
  }

  async #keep(documents: readonly StaffDocument[]): Promise<void> {
    const { files, spool } = this.#options;
    const bytes = d.encodeDocument(givenSchema, { type: 'given', version: 1, documents: [...documents] });
    await spool.confirm();
    await withReserve(spool.logReserve, () => replaceDurable(files, spool.layout.given, bytes));
    await files.syncFolder(spool.layout.root);
    this.#given = documents;
  }
}
