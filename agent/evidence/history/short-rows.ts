// What a person asks first, row by row: what is known, and what it is worth. From the logs wherever they tell it; documents add to that.
import { printable } from '../../../config/problems.ts';
import { filled } from '../../../config/texts.ts';
import type { HistoryWords } from '../../../config/texts/en/history.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { unitCount } from '../../../protocol/documents/manifest.ts';
import { codeWords, eventSentence, type Language, number, shownAt } from '../page/language.ts';
import type { DocumentOf, DocumentShapes, History, HistoryDocument, Proof, Step } from './history.ts';

/** Label, what is known, worth. */
export type ShortRow = readonly [label: string, known: string, worth: string];

/** Rows for the page's first table. */
export function shortRows(history: History, words: HistoryWords, language: Language): ShortRow[] {
  const rows = new ShortRows(history, words, language);
  return history.subject.kind === 'recording' ? rows.ofRecording() : rows.ofDocking();
}

/** How much a step is worth, in a word or two. */
export function worthOf({ proof, doubt }: Pick<Step, 'proof' | 'doubt'>, words: HistoryWords): string {
  return doubt === null ? words.proofs[proof] : `${words.proofs[proof]} (${words.doubts[doubt]})`;
}

/** A document with what it is worth. */
interface Told<Kind extends keyof DocumentShapes> {
  readonly value: DocumentShapes[Kind];
  readonly document: DocumentOf<Kind>;
  readonly worth: string;
}

class ShortRows {
  readonly #history: History;
  readonly #words: HistoryWords;
  readonly #language: Language;
  readonly #rows: ShortRow[] = [];

  constructor(history: History, words: HistoryWords, language: Language) {
    this.#history = history;
    this.#words = words;
    this.#language = language;
  }

  ofRecording(): ShortRow[] {
    const pulled = this.#own('pulled');
    const docking = pulled?.facts['docking'] ?? this.#documents('manifest')[0]?.value.docking;
    this.#docked(docking);
    this.#captured();
    this.#step(this.#words.read, pulled, (step) => shownAt(step.at));
    this.#step(this.#words.original, pulled, ({ facts }) =>
      filled(this.#words.originalText, {
        size: this.#n(facts['size_bytes']),
        digest: String(facts['sha256']),
      }),
    );
    this.#sealed();
    this.#step(this.#words.rejected, this.#own('rejected'), ({ facts }) => this.#code(facts['reason']));
    this.#step(this.#words.signedAt, this.#own('spooled'), ({ at, facts }) =>
      filled(this.#words.signedText, { at: shownAt(at), digest: String(facts['manifest_sha256']) }),
    );
    this.#receipts();
    this.#erased();
    this.#step(this.#words.reclaimed, this.#own('spool-reclaimed'), ({ at }) =>
      filled(this.#words.reclaimedText, { at: shownAt(at) }),
    );
    if (this.#history.place.kind === 'vault') this.#atTheStore();
    return this.#rows;
  }

  ofDocking(): ShortRow[] {
    const { words, id } = { words: this.#words, id: this.#history.subject.id };
    this.#docked(id);
    const records = this.#documents('docking-record');
    for (const { value, worth } of records.slice(0, 1)) {
      this.#add(words.ended, words.endings[value.ended], worth);
      const { condition } = value;
      const charge = condition?.battery_percent == null ? words.notKnown : `${condition.battery_percent} %`;
      const free = condition?.storage_free_bytes;
      if (condition !== null)
        this.#add(
          words.battery,
          filled(words.batteryText, { charge, free: free == null ? words.notKnown : this.#n(free) }),
          worth,
        );
    }
    this.#step(words.inventory, this.#first('inventory'), (step) => this.#listed(step));
    this.#fates(records.map(({ value }) => value));
    for (const step of this.#all('docking-recorded'))
      this.#step(words.record, step, ({ facts }) =>
        filled(words.recordText, {
          part: String(facts['part']),
          parts: String(facts['parts']),
          digest: String(facts['sha256']),
        }),
      );
    this.#receipts();
    return this.#rows;
  }

  /** The log counts what was listed; whether that was all of it only the record says. */
  #listed({ facts }: Step): string {
    const { words } = { words: this.#words };
    const signed = this.#documents('docking-record').filter(({ document }) => document.signed_by.length > 0);
    const isComplete = signed[0]?.value.inventory?.complete;
    const count = this.#n(facts['entries']);
    if (isComplete === undefined) return filled(words.inventoryUnsure, { files: count });
    if (!isComplete) return filled(words.inventoryPartial, { files: count });
    if (facts['entries'] === 0) return words.inventoryEmpty;
    return filled(words.inventoryText, {
      files: count,
      bytes: this.#n(facts['bytes']),
      digest: String(facts['sha256']),
    });
  }

  #docked(docking: unknown): void {
    const { words } = { words: this.#words };
    const isIt = ({ facts }: Step): boolean => facts['docking'] === docking;
    const docked = this.#all('docked').find(isIt);
    const undocked = this.#all('undocked').find(isIt);
    const manifest = this.#documents('manifest')[0];
    this.#step(words.camera, docked, ({ facts }) => String(facts['camera']));
    const said = manifest?.value.camera ?? this.#documents('docking-record')[0]?.value.camera;
    const worth = manifest?.worth ?? this.#documents('docking-record')[0]?.worth;
    if (said !== undefined && worth !== undefined) {
      const { id, model, serial } = said;
      const what = filled(words.cameraSaid, {
        id,
        model: printable(model ?? words.notKnown),
        serial: printable(serial ?? words.notKnown),
      });
      this.#add(words.cameraWords, what, worth);
    }
    this.#step(words.bay, docked, ({ keeper, facts }) => `${keeper}, ${String(facts['bay'])}`);
    this.#step(words.docked, docked, ({ at }) =>
      filled(words.dockedText, {
        from: shownAt(at),
        to: undocked === undefined ? words.notKnown : shownAt(undocked.at),
      }),
    );
    const synchronised = this.#history.between.find(({ event }) => event === 'clock-state');
    this.#step(words.stationClock, synchronised, (step) => this.#sentence(step));
    this.#step(words.cameraClock, this.#all('camera-clock').find(isIt), (step) => this.#sentence(step));
  }

  #captured(): void {
    const { words } = { words: this.#words };
    for (const { value, worth } of this.#documents('manifest')) {
      const { earliest_at: earliest, latest_at: latest, basis } = value.capture;
      if (basis === 'clock-unmeasured') {
        const { modified_at: claimed } = value.original;
        if (claimed !== null) this.#add(words.captured, `${shownAt(claimed)}; ${words.bases[basis]}`, worth);
        continue;
      }
      if (earliest === null || latest === null || basis === null) continue;
      const when =
        earliest === latest
          ? shownAt(earliest)
          : filled(words.capturedText, { from: shownAt(earliest), to: shownAt(latest) });
      this.#add(words.captured, `${when}; ${words.bases[basis]}`, worth);
    }
  }

  #sealed(): void {
    const { words } = { words: this.#words };
    this.#step(words.sealed, this.#own('sealed'), ({ facts }) =>
      filled(words.sealedText, {
        size: this.#n(facts['sealed_size_bytes']),
        digest: String(facts['chunks_sha256']),
      }),
    );
    for (const { value, worth } of this.#documents('manifest'))
      this.#add(words.sealedFor, value.recipients.join(', '), worth);
    const units = this.#history.sealed_units_good;
    const deleted = this.#documents('deletion-record').length > 0;
    const [manifest] = this.#documents('manifest');
    if (units === null || deleted || manifest === undefined)
      return this.#add(words.sealedHere, words.sealedNotHere, '');
    if (!this.#history.findings.some(({ code }) => /^(?:payload|chunks)\./.test(code)))
      return this.#add(
        words.sealedHere,
        filled(words.sealedHereText, { units: this.#n(units) }),
        manifest.worth,
      );
    const all = this.#n(unitCount(manifest.value.sealed.size_bytes));
    this.#add(words.sealedHere, filled(words.sealedDamagedText, { units: this.#n(units), all }), '');
  }

  #receipts(): void {
    const { words } = { words: this.#words };
    const { subject } = this.#history;
    const isOwn = (recording: unknown): boolean => subject.kind === 'docking' || recording === subject.id;
    const receipted = this.#all('receipted').filter(({ facts }) => isOwn(facts['recording']));
    for (const step of receipted)
      this.#step(words.receipt, step, ({ at, facts }) =>
        filled(words.receiptText, {
          at: shownAt(at),
          receiver: String(facts['receiver']),
          digest: String(facts['receipt_sha256']),
        }),
      );
    const documents = this.#documents('receipt').filter(({ value }) => isOwn(value.recording));
    for (const { value, worth } of documents)
      this.#add(
        words.receipt,
        filled(words.receiptDocument, { at: shownAt(value.received_at), vault: value.vault }),
        worth,
      );
    if (receipted.length + documents.length === 0) this.#add(words.receipt, words.noReceipt, '');
  }

  #erased(): void {
    const { words } = { words: this.#words };
    const erased = this.#all('erased');
    for (const step of erased)
      this.#step(words.erased, step, ({ at, keeper, facts }) =>
        filled(words.erasedText, { at: shownAt(at), station: keeper, docking: String(facts['docking']) }),
      );
    const open = this.#all('erasure-unconfirmed').slice(-1);
    if (erased.length > 0) return;
    for (const step of open)
      this.#step(words.erased, step, ({ at, keeper, facts }) =>
        filled(words.erasedOpen, { at: shownAt(at), station: keeper, docking: String(facts['docking']) }),
      );
    if (open.length === 0) this.#add(words.erased, words.notErased, '');
  }

  #atTheStore(): void {
    const { words } = { words: this.#words };
    for (const { value, document, worth } of this.#documents('order')) {
      const verb = this.#code(value.verb);
      const signers = document.signed_by.join(', ') || words.nobody;
      this.#add(
        words.orders,
        filled(words.orderText, { verb, at: shownAt(value.ordered_at), reason: value.reason, signers }),
        worth,
      );
    }
    const disclosed = this.#all('disclosed');
    this.#step(words.opened, disclosed.at(-1), ({ facts }) =>
      filled(words.openedText, {
        count: disclosed.length,
        at: shownAt(String(facts['asked_at'])),
        command: this.#code(facts['command']),
        reason: String(facts['reason']),
      }),
    );
    const pending = this.#documents('disclosure');
    for (const { value, worth } of pending)
      this.#add(
        words.opened,
        filled(words.openedPending, {
          command: this.#code(value.command),
          at: shownAt(value.asked_at),
          reason: value.reason,
        }),
        worth,
      );
    if (disclosed.length + pending.length === 0 && this.#history.logs.some(({ kind }) => kind === 'store'))
      this.#add(words.opened, words.notOpened, '');
    for (const { value, worth } of this.#documents('deletion-record'))
      this.#add(
        words.deleted,
        filled(words.deletedText, {
          at: shownAt(value.deleted_at),
          reason: words.deletedReasons[value.reason],
        }),
        worth,
      );
  }

  #fates(records: readonly DockingRecord[]): void {
    const entries = records.flatMap((record) => record.entries);
    const count = (fate: DockingRecord['entries'][number]['fate']): string =>
      this.#n(entries.filter((entry) => entry.fate === fate).length);
    const [record] = this.#documents('docking-record');
    if (record === undefined) return;
    const counts = {
      stored: count('stored'),
      matched: count('matched'),
      notFiles: count('not-a-file'),
      waiting: count('waiting'),
      vanished: count('vanished'),
    };
    this.#add(this.#words.fates, filled(this.#words.fatesText, counts), record.worth);
  }

  #all(event: CustodyEntry['event']): Step[] {
    return this.#history.steps.filter((step) => step.event === event);
  }

  #first(event: CustodyEntry['event']): Step | undefined {
    return this.#history.steps.find((step) => step.event === event);
  }

  /** Of the recording itself, not of a docking record. */
  #own(event: CustodyEntry['event']): Step | undefined {
    const { id } = this.#history.subject;
    return this.#history.steps.find((step) => step.event === event && step.facts['recording'] === id);
  }

  #documents<Kind extends keyof DocumentShapes>(kind: Kind): Told<Kind>[] {
    const isIt = (each: HistoryDocument): boolean => each.kind === kind;
    return this.#history.documents
      .filter((each): each is HistoryDocument & DocumentOf<Kind> => isIt(each))
      .map((document) => {
        const proof: Proof = document.signed_by.length === 0 ? 'claimed' : 'signed';
        return { value: document.document, document, worth: this.#words.proofs[proof] };
      });
  }

  #step(label: string, step: Step | undefined, words: (step: Step) => string): void {
    if (step !== undefined) this.#add(label, words(step), worthOf(step, this.#words));
  }

  #add(label: string, known: string, worth: string): void {
    this.#rows.push([label, known, worth]);
  }

  #sentence(step: Step): string {
    return eventSentence(step, this.#language);
  }

  #code(value: unknown): string {
    return codeWords(String(value), this.#language);
  }

  #n(value: unknown): string {
    return typeof value === 'number' ? number(value, this.#language) : this.#words.notKnown;
  }
}
