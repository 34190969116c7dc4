// Adds up what a survey finds. Small whatever the vault's size.
import type { Hold } from '../../../protocol/documents/order-standing.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { Finding } from './deps.ts';
import { FINDINGS_MAX, LAPSING_MS, REVIEW_MS, SOON_MS } from './limits.ts';
import type { SurveyedRecording } from './survey.ts';

/** Counts of a survey. Every recording that is not deleted is in exactly one of the states, or unreceipted, or a finding. */
export interface RetentionTotals {
  /** Recordings with a payload and a receipt whose documents hold, and their sealed bytes. */
  readonly recordings: number;
  readonly bytes: number;
  readonly states: Readonly<Record<SurveyedRecording['state'], number>>;
  readonly unreceipted: number;
  readonly deleted: number;
  /** Docked so late that hardly any of their time is left, and not held. */
  readonly late: number;
  /** The earliest due date of these, RFC 3339. */
  readonly firstLateDueAt: string | null;
  /** Recordings whose hold by one role lapses within two days, and the first of them. */
  readonly lapsing: number;
  readonly firstLapseAt: string | null;
  /** Not held and due within three days, or due already. */
  readonly soon: number;
  /** ... of these, those that their camera shows as evidence, and the first due date among them. */
  readonly evidenceSoon: number;
  readonly firstEvidenceDueAt: string | null;
  /** Held without an end for so long that somebody should look, and when the first such hold was ordered. */
  readonly heldLong: number;
  readonly firstHeldAt: string | null;
  readonly findings: number;
  /** The first FINDINGS_MAX. */
  readonly found: readonly Finding[];
}

/** The sum as it grows. */
export class TotalsSum {
  #recordings = 0;
  #bytes = 0;
  readonly #states: Record<SurveyedRecording['state'], number> = {
    kept: 0,
    due: 0,
    held: 0,
    ordered: 0,
    'to-warn': 0,
    warned: 0,
    blocked: 0,
    unfinished: 0,
  };
  #unreceipted = 0;
  #deleted = 0;
  #late = 0;
  #firstLateDueAt: string | null = null;
  #lapsing = 0;
  #firstLapseAt: string | null = null;
  #soon = 0;
  #evidenceSoon = 0;
  #firstEvidenceDueAt: string | null = null;
  #heldLong = 0;
  #firstHeldAt: string | null = null;
  #findings = 0;
  readonly #found: Finding[] = [];

  recording(found: SurveyedRecording, nowMs: number): void {
    this.#recordings++;
    this.#bytes += found.facts.manifest.sealed.size_bytes;
    this.#states[found.state]++;
    if (found.waitMs > 0 && found.state !== 'held') {
      this.#late++;
      this.#firstLateDueAt = earlier(this.#firstLateDueAt, found.retention.due_at);
    }
    if (found.hold === undefined) this.#unheld(found, nowMs);
    else this.#held(found.hold, nowMs);
  }

  #unheld({ state, retention, facts }: SurveyedRecording, nowMs: number): void {
    if (state === 'unfinished' || Date.parse(retention.due_at) > nowMs + SOON_MS) return;
    this.#soon++;
    if (!facts.manifest.locked) return;
    this.#evidenceSoon++;
    this.#firstEvidenceDueAt = earlier(this.#firstEvidenceDueAt, retention.due_at);
  }

  #held({ order, until }: Hold, nowMs: number): void {
    if (until === null && Date.parse(order.ordered_at) <= nowMs - REVIEW_MS) {
      this.#heldLong++;
      this.#firstHeldAt = earlier(this.#firstHeldAt, order.ordered_at);
    }
    if (until === null || Date.parse(until) > nowMs + LAPSING_MS) return;
    this.#lapsing++;
    this.#firstLapseAt = earlier(this.#firstLapseAt, until);
  }

  unreceipted(_name: RecordingName): void {
    this.#unreceipted++;
  }

  deleted(): void {
    this.#deleted++;
  }

  finding(finding: Finding): void {
    this.#findings++;
    if (this.#found.length < FINDINGS_MAX) this.#found.push(finding);
  }

  totals(): RetentionTotals {
    return {
      recordings: this.#recordings,
      bytes: this.#bytes,
      states: { ...this.#states },
      unreceipted: this.#unreceipted,
      deleted: this.#deleted,
      late: this.#late,
      firstLateDueAt: this.#firstLateDueAt,
      lapsing: this.#lapsing,
      firstLapseAt: this.#firstLapseAt,
      soon: this.#soon,
      evidenceSoon: this.#evidenceSoon,
      firstEvidenceDueAt: this.#firstEvidenceDueAt,
      heldLong: this.#heldLong,
      firstHeldAt: this.#firstHeldAt,
      findings: this.#findings,
      found: this.#found,
    };
  }
}

function earlier(known: string | null, at: string): string {
  return known !== null && known < at ? known : at;
}
