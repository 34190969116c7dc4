// What `bodydock verify` prints for people: one line a recording, what was found below it, counts at the end. Nothing from a disk reaches
// a terminal unescaped.
import { basename } from 'node:path';
import { printable } from '../../config/problems.ts';
import { keyIdHex } from '../../protocol/documents/minisign.ts';
import { formatNoteKey } from '../../protocol/transparency/signed-note.ts';
import { fill, type Language } from '../evidence/page/language.ts';
import type { LogPast } from '../evidence/verify/log-past.ts';
import type { CheckedDocking } from '../evidence/verify/docking-check.ts';
import { meaningOf, type Remark, remedyOf } from '../evidence/verify/remark.ts';
import type { Place } from '../evidence/verify/place.ts';
import type { CheckedRecording } from '../evidence/verify/recording-check.ts';
import type { Totals } from '../evidence/verify/verify-place.ts';
import type { NamedKey, TrustedKeys } from '../evidence/verify/trusted-keys.ts';
import { VERIFY_WORDS, type VerifyWords } from './verify-words.ts';

/** The texts in one language. What a check measured (`message` of a remark) is in English in both. */
export class VerifyText {
  readonly #language: Language;
  readonly #words: VerifyWords;

  constructor(language: Language = 'en') {
    this.#language = language;
    this.#words = VERIFY_WORDS[language];
  }

  /** What is verified, and with which keys: the result is worth as much as they are. */
  place({ kind, path }: Place, keys: TrustedKeys): string {
    const named = (list: readonly NamedKey[]): string =>
      list.map(({ file, key }) => `${file} ${keyIdHex(key.keyId)}`).join(', ') || this.#words.noKeys;
    const whose = [keys.station, keys.store, keys.officer, keys.supervisor].map(named);
    const said = [`${path}: ${this.#words.kinds[kind]}`, fill(this.#words.keys, keys.folder, ...whose)];
    const witnesses = keys.witnesses.map(formatNoteKey).join(', ') || this.#words.noKeys;
    const authorities = keys.authorities.map((file) => basename(file)).join(', ') || this.#words.noKeys;
    const isOutside = keys.witnesses.length + keys.authorities.length > 0;
    return lines(isOutside ? [...said, fill(this.#words.outside, witnesses, authorities)] : said);
  }

  /** One recording, with everything that was found in its folder. */
  recording(checked: CheckedRecording): string {
    return this.#folder(checked, this.#recordingFacts(checked));
  }

  /** One part of a docking record, with everything that was found in its folder. */
  docking(checked: CheckedDocking): string {
    return this.#folder(checked, this.#dockingFacts(checked));
  }

  /** Remarks with their meaning, and what to do where there is something, indented below what they belong to. */
  remarks(remarks: readonly Remark[]): string {
    return remarks.map((remark) => this.#remark(remark)).join('');
  }

  /** The counts, and the last line: good or not. */
  totals(totals: Totals): string {
    const words = this.#words;
    const rejected = Object.entries(totals.rejected).map(([reason, count]) => `${count} ${reason}`);
    const { accompanying_files: accompanying, good, receipted, opened, deleted, held } = totals;
    const recordings = totals.recordings - accompanying;
    return lines([
      fill(words.recordings, recordings, accompanying, good, receipted, opened, deleted, held),
      this.#received(totals),
      ...(totals.logs.length === 0 ? [] : [fill(words.receivedByLog, totals.received)]),
      fill(words.dockings, totals.dockings, totals.dockings_empty),
      ...this.#staff(totals),
      fill(words.units, totals.units, totals.sealed_bytes, totals.original_bytes),
      ...(rejected.length === 0 ? [] : [fill(words.allRejected, rejected.join(', '))]),
      fill(words.store, totals.orders, totals.disclosures),
      ...(totals.evaluations === 0 ? [] : [fill(words.evaluations, totals.evaluations)]),
      fill(words.keyChanges, totals.key_changes, totals.key_revocations),
      fill(words.log, totals.custody_segments, totals.custody_entries, totals.custody_checkpoints),
      ...totals.logs.map((past) => this.#past(past)),
      this.#verdict(totals),
    ]);
  }

  #past({ origin, size, fixed, at, by }: LogPast): string {
    const { fixed: words, fixedBy, notFixed } = this.#words;
    if (at === null || by === null) return fill(notFixed, origin, size);
    const [, kind, name = ''] = /^(witness|station) (.*)$/.exec(by) ?? [];
    const whom = kind === 'witness' || kind === 'station' ? fill(fixedBy[kind], name) : fixedBy.stamp;
    return fill(words, origin, size, fixed, at, whom);
  }

  #verdict({ findings, not_judged: notJudged, notes }: Totals): string {
    const { verdictGood, verdictBad, verdictOpen } = this.#words;
    if (findings > 0) return fill(verdictBad, findings, notes);
    return notJudged > 0 ? fill(verdictOpen, notJudged, notes) : fill(verdictGood, notes);
  }

  /** What became of all that was ever receipted (SPEC 10.3.30). */
  #received({
    receipted,
    deleted,
    deleted_by_order,
    dropped,
    dropped_by_order,
    dropped_dockings,
  }: Totals): string {
    const byOrder = deleted_by_order + dropped_by_order;
    const after = deleted + dropped - byOrder;
    const all = receipted + dropped;
    return fill(this.#words.received, all, receipted - deleted, after, byOrder, dropped, dropped_dockings);
  }

  #staff({ staff_reports: reports, staff_texts: texts, dropped_staff: dropped }: Totals): string[] {
    return reports + texts + dropped === 0 ? [] : [fill(this.#words.staff, reports, texts, dropped)];
  }

  /** The counts of several folders. */
  together(totals: Totals): string {
    return lines([this.#words.together]) + this.totals(totals);
  }

  #folder(
    { where, name, remarks }: Pick<CheckedRecording, 'where' | 'name' | 'remarks'>,
    facts: string,
  ): string {
    const isBad = remarks.some(({ kind }) => kind === 'finding');
    const worth = isBad ? this.#words.bad : this.#words.good;
    return lines([`${worth}  ${where === '.' ? name : where}  ${facts}`]) + this.remarks(remarks);
  }

  #recordingFacts({ manifest, receipt, deletion, units, opened }: CheckedRecording): string {
    const words = this.#words;
    if (manifest === undefined) return words.noManifest;
    const { camera, role, original, rejected } = manifest;
    return [
      camera.id,
      words.roles[role],
      fill(words.bytes, original.size_bytes),
      deletion === undefined
        ? fill(words.unitsGood, units)
        : fill(words.deletedAt, deletion.deleted_at, deletion.reason),
      ...(rejected === null ? [] : [fill(words.rejected, rejected.reason)]),
      ...(receipt === undefined ? [] : [words.receipted]),
      ...(opened ? [words.opened] : []),
    ].join(', ');
  }

  #dockingFacts({ record, receipt }: CheckedDocking): string {
    const words = this.#words;
    if (record === undefined) return words.noRecord;
    const { camera, part, parts, inventory, later, docked_at: dockedAt, ended, ended_at: endedAt } = record;
    const seen = inventory === null ? words.noInventory : fill(words.entries, inventory.entries);
    const ending = words.endings[ended];
    return [
      camera.id,
      fill(words.dockedAt, dockedAt),
      endedAt === null ? ending : fill(words.endedAt, ending, endedAt),
      ...(parts === 1 ? [] : [fill(words.part, part, parts)]),
      later === 0 ? seen : fill(words.later, seen, later),
      ...(receipt === undefined ? [] : [words.receipted]),
    ].join(', ');
  }

  #remark({ kind, code, where, message }: Remark): string {
    const words = this.#words;
    const remedy = remedyOf({ kind, code }, this.#language);
    return lines([
      `  ${kind === 'finding' ? words.finding : words.note} ${code}  ${where}: ${message}`,
      `      ${meaningOf(code, this.#language)}`,
      ...(remedy === undefined ? [] : [`      ${fill(words.toDo, remedy)}`]),
    ]);
  }
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}
