// Makes a report from a vault: the store's logs, the orders of each station, then all of its folders once, then its custody log; and the
// written reports.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { RECEIPT } from '../../../protocol/format/file-names.ts';
import { isReceiverId, isStationId } from '../../../protocol/format/ids.ts';
import { type KnownKeys, knownKeys } from '../verify/known-keys.ts';
import { findPlace, readVaultId } from '../verify/place.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import { readTrustedKeys } from '../verify/trusted-keys.ts';
import { judgeVaultDrops, readVaultLogs } from '../verify/vault-drops.ts';
import type { Calendar, Period } from './calendar.ts';
import { FailureCount, Gatherer } from './gather.ts';
import { type DatedHead, readStationLog, readStoreLogs } from './logs.ts';
import { readNotes } from './notes.ts';
import type { Handing, PilotReport } from './pilot-report.ts';
import { StaffCount } from './staff.ts';
import { evaluationFigures, readEvaluations } from './evaluations.ts';
import { evaluationQuestions, type Questions } from '../../../config/questions.ts';
import { type Holds, readHolds, type Source, type SourceOptions, sourcesOf, stationsOf } from './sources.ts';

/** What a report is made from. Paths are absolute. */
export interface ReportWish {
  readonly files: ReadFiles;
  readonly vault: string;
  /** `keys/` beside the vault unless given. */
  readonly keysFolder: string | undefined;
  readonly notesFolder: string | undefined;
  /** Gives words to what staff answered. */
  readonly questions: Questions;
  /** Open what staff wrote; none: it stays sealed. */
  readonly identities: readonly string[];
  readonly period: Period;
  readonly calendar: Calendar;
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly handing: Handing;
  readonly signal: AbortSignal;
}

/** Errors: "verify.*" where there is no vault, "key.*", "report.notes", the signal's reason, the system's. */
export async function makeReport(wish: ReportWish): Promise<PilotReport> {
  const { files, period, calendar, signal } = wish;
  const place = await findPlace(files, wish.vault);
  if (place.kind !== 'vault')
    throw new DockError(
      'verify.not-recognised',
      `${wish.vault} is no vault: a report is made from a whole one`,
      {
        retry: 'person',
      },
    );
  const trusted = await readTrustedKeys(wish.keysFolder ?? place.keysFolder);
  const { keys, policies, remarks } = await knownKeys(files, place, trusted);
  const { id: vaultId } = await readVaultId(files, place);
  const options = { files, vault: place.path, vaultId, keys, signal };
  const notes = wish.notesFolder === undefined ? [] : await readNotes(files, wish.notesFolder, period);
  const failures = new FailureCount();
  const { letGo, days, evaluations, broken, boots, saidAt } = await readStoreLogs(options, policies);
  let timesFixed = saidAt.some((at) => calendar.isWithin(at, period));
  // Also one of which nothing is left but what the store says that it held.
  const named = letGo.heads.map(({ station }) => station);
  const stations = [...new Set([...(await stationsOf(options)), ...named])].filter(isStationId).sort();
  const holds = new Map<string, Holds>();
  for (const station of stations) holds.set(station, await readHolds(options, station, days));
  const end = calendar.endOf(period.to);
  const heldAt = end < wish.madeAt ? end : wish.madeAt;
  const isHeld = (manifest: Manifest): boolean =>
    holds.get(manifest.station)?.holdOf(manifest, heldAt)?.until === null;
  const gatherer = new Gatherer(period, calendar, failures, isHeld);
  const keyFaults = remarks.filter(({ kind }) => kind === 'finding').map(({ where }) => where);
  const mayBeWrong = letGo.documents.size > 0 || keys.changes.some(({ holder }) => isReceiverId(holder));
  const wrongly = mayBeWrong ? await wronglyDropped(options, policies, Date.parse(wish.madeAt)) : [];
  for (const where of [...keyFaults, ...broken, ...wrongly]) gatherer.take({ kind: 'unproven', where });
  const evaluated = await readEvaluations(options, stations, evaluations);
  if (evaluated.refused.length > 0) failures.add('evaluation that does not hold', evaluated.refused.length);
  for (const where of evaluated.refused) gatherer.take({ kind: 'unproven', where });
  const staff = new StaffCount(period);
  for (const station of stations) {
    const heads: DatedHead[] = [];
    for await (const source of sourcesOf(options, station)) {
      if (source.kind === 'staff') staff.take(source.document);
      else gatherer.take(source);
      heads.push(...headOf(source, station));
    }
    const take = (entry: CustodyEntry): void => {
      const isWithin = calendar.isWithin(entry.at, period);
      if (isWithin) failures.entry(entry);
      timesFixed ||= isWithin && boots.size > 0 && entry.boot !== null && !boots.has(entry.boot);
      gatherer.takeEntry(station, entry);
    };
    gatherer.takeLog(station, await readStationLog(options, station, { heads, letGo, take }), letGo);
  }
  const orders = [...holds.values()];
  const refused = orders.flatMap((each) => each.refused);
  if (refused.length > 0) failures.add('order that does not hold', refused.length);
  for (const where of refused) gatherer.take({ kind: 'unproven', where });
  const notJudged = sum(orders.map((each) => each.notJudged));
  return gatherer.report({
    stations,
    notes,
    madeAt: wish.madeAt,
    handing: wish.handing,
    ordersNotJudged: notJudged,
    timesFixed,
    evaluations: evaluationFigures(evaluated, evaluationQuestions(), period),
    staff: staff.figures(wish.questions, wish.identities),
  });
}

/** What the store dropped and was not allowed to, each once. */
async function wronglyDropped(
  options: SourceOptions,
  policies: KnownKeys['policies'],
  nowMs: number,
): Promise<string[]> {
  const logs = await readVaultLogs(options, policies);
  const findings = await judgeVaultDrops({ ...options, nowMs }, logs, () => true);
  const wrong = findings.filter(({ kind }) => kind === 'finding');
  return [
    ...new Set(wrong.map(({ code, where, facts: { recording } }) => `${where} ${code} ${recording ?? ''}`)),
  ];
}

function headOf(source: Source, station: string): DatedHead[] {
  if (source.kind === 'unproven' || source.head === null || source.receivedAt === null) return [];
  const id = idOf(source);
  return [{ head: source.head, receivedAt: source.receivedAt, where: `${station}/${id}/${RECEIPT}` }];
}

function idOf(source: Exclude<Source, { kind: 'unproven' }>): string {
  if (source.kind === 'staff') return source.document.record;
  return source.kind === 'docking' ? source.record.record : source.manifest.recording;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
