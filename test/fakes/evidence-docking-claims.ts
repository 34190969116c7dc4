// Compares what docking records claim with what the custody log says and with the recordings (SPEC 4.3, 4.6): every docking has its
// record, every record its entries in the log, every file that was seen its fate, and every recording its place. Part of the independent
// checker.
import type { CustodyLine } from './evidence-custody.ts';
import type { DockingEntrySeen, DockingSeen } from './evidence-dockings.ts';
import type { Tell } from './evidence-documents.ts';
import type { ManifestSeen } from './evidence-recordings.ts';

type Facts = CustodyLine['facts'];

/** What the log says of one docking. */
interface DockingTold {
  docked: Facts | undefined;
  isUndocked: boolean;
  /** The first one. */
  inventory: Facts | undefined;
  readonly seen: Facts[];
  readonly pulled: Facts[];
  readonly matched: Facts[];
  readonly erased: Facts[];
  /** By path and recording: the last word on an erasure where that is none on the file. */
  readonly open: Map<string, Facts>;
  readonly recorded: Facts[];
}

/** What the records are compared with. */
export interface ClaimsAgainst {
  /** The station's log in its order. */
  readonly lines: readonly CustodyLine[];
  /** Of every recording that vault or spool holds, or held. */
  readonly manifests: ReadonlyMap<string, ManifestSeen>;
}

/** Reports every claim that does not hold, and everything that no record tells. */
export function checkDockingClaims(
  dockings: readonly DockingSeen[],
  against: ClaimsAgainst,
  problems: string[],
): void {
  const told = tellingOf(against.lines);
  const aside = quarantinedIn(against.lines);
  for (const [docking, { docked }] of told)
    if (docked !== undefined && !dockings.some((seen) => seen.docking === docking))
      problems.push(`docking ${docking}: was in the log and has no record`);
  for (const docking of dockings) {
    const tell = (what: string): void => void problems.push(`docking ${docking.docking}: ${what}`);
    const log = told.get(docking.docking) ?? nothingTold();
    checkEnds(docking, log, tell);
    checkSeen(docking, log, tell);
    checkErased(docking, log, tell);
    for (const entry of docking.entries) checkEntry(docking, entry, { ...against, aside }, tell);
  }
  checkPlaces(dockings, against, problems);
}

/** A camera's records must follow each other as the log says that its dockings did. */
export function checkDockingOrder(
  chains: ReadonlyMap<string, readonly DockingSeen[]>,
  lines: readonly CustodyLine[],
  problems: string[],
): void {
  for (const [camera, chain] of chains) {
    const inChain = chain.map(({ docking }) => docking);
    const docked = lines.filter(({ event, facts }) => event === 'docked' && facts['camera'] === camera);
    const inLog = [...new Set(docked.map(({ facts }) => String(facts['docking'])))];
    const logged = inChain.filter((docking) => inLog.includes(docking));
    if (logged.join() !== inLog.filter((docking) => inChain.includes(docking)).join())
      problems.push(`dockings of ${camera}: records do not follow each other as the log says`);
  }
}

function nothingTold(): DockingTold {
  const lists = { seen: [], pulled: [], matched: [], erased: [], recorded: [] };
  return { docked: undefined, isUndocked: false, inventory: undefined, open: new Map(), ...lists };
}

function tellingOf(lines: readonly CustodyLine[]): Map<string, DockingTold> {
  const all = new Map<string, DockingTold>();
  for (const { event, facts } of lines) {
    const docking = facts['docking'];
    if (typeof docking !== 'string') continue;
    const told = all.get(docking) ?? nothingTold();
    all.set(docking, told);
    if (event === 'docked') told.docked = facts;
    else if (event === 'undocked') told.isUndocked = true;
    else if (event === 'inventory') told.inventory ??= facts;
    else if (event === 'docking-recorded') told.recorded.push(facts);
    else if (event === 'erasing' || event === 'erasure-unconfirmed') told.open.set(erasureOf(facts), facts);
    else if (event === 'seen' || event === 'pulled' || event === 'matched' || event === 'erased')
      told[event].push(facts);
    if (event === 'erased' || event === 'not-erased') told.open.delete(erasureOf(facts));
  }
  return all;
}

function erasureOf(facts: Facts): string {
  return `${String(facts['path_sha256'])} ${String(facts['recording'])}`;
}

function checkEnds({ about, docking, parts }: DockingSeen, log: DockingTold, tell: Tell): void {
  const isCut = about.ended === 'cut-off';
  if (log.docked !== undefined && (log.docked['stay'] ?? docking) !== (about.stay ?? docking))
    tell('the log counts it to another stay');
  if (
    log.docked === undefined
      ? !isCut
      : log.docked['bay'] !== about.bay || log.docked['camera'] !== about.camera.id
  )
    tell('the log does not say that it began so');
  if (!isCut && !log.isUndocked) tell(`ended ${about.ended}, and the log does not say so`);
  for (const { id, sha256, document } of parts)
    if (
      !log.recorded.some(
        (each) => each['record'] === id && each['sha256'] === sha256 && each['part'] === document.part,
      )
    )
      tell(`record ${id} is not in the log`);
  for (const { record, parts: count } of log.recorded) {
    if (count !== about.parts) tell(`the log knows ${String(count)} parts`);
    if (!parts.some(({ id }) => id === record)) tell(`record ${String(record)} of the log is not there`);
  }
  const { inventory: first } = about;
  const { inventory } = log;
  if (inventory === undefined && log.docked !== undefined && first !== null)
    tell('it has an inventory, and the log does not say so');
  if (inventory === undefined || (first === null && isCut)) return;
  if (inventory['sha256'] !== first?.sha256 || inventory['entries'] !== first?.entries)
    tell('its inventory is not the one of the log');
}

/** Everything that was seen, pulled or known again in it has its entry. */
function checkSeen({ entries }: DockingSeen, log: DockingTold, tell: Tell): void {
  for (const { path_sha256: path, size_bytes: size } of log.seen)
    if (!entries.some((entry) => entry.path_sha256 === path && entry.size_bytes === size))
      tell(`a file of ${String(size)} bytes was seen and is in no entry`);
}

function checkErased({ entries }: DockingSeen, { erased, open }: DockingTold, tell: Tell): void {
  const isOf = (entry: DockingEntrySeen, facts: Facts): boolean =>
    entry.path_sha256 === facts['path_sha256'] && entry.recording === facts['recording'];
  for (const facts of erased)
    if (!entries.some((entry) => entry.erased && isOf(entry, facts)))
      tell(`${String(facts['recording'])} was erased, and its entry does not say so`);
  for (const facts of open.values())
    if (!entries.some((entry) => entry.erased === null && isOf(entry, facts)))
      tell(`nobody saw whether ${String(facts['recording'])} was erased, and its entry does not say so`);
  for (const entry of entries.filter((each) => each.erased === null))
    if (![...open.values()].some((facts) => isOf(entry, facts)))
      tell(`says that nobody saw whether ${entry.recording} was erased, and the log does not`);
  for (const entry of entries.filter((each) => each.erased === true))
    if (!erased.some((facts) => isOf(entry, facts)))
      tell(`calls ${entry.recording} erased, and the log does not`);
}

function checkEntry(
  { docking, about }: DockingSeen,
  { fate, recording, reason, path_sha256: path, size_bytes: size }: DockingEntrySeen,
  { manifests, aside }: { manifests: ReadonlyMap<string, ManifestSeen>; aside: ReadonlySet<string> },
  tell: Tell,
): void {
  if (recording === null) return;
  const manifest = manifests.get(recording);
  if (manifest === undefined && aside.has(recording)) return; // it was so then; whether another took its place, the puts tell
  if (manifest === undefined) return tell(`calls ${recording} ${fate}, and there is no such recording`);
  const { camera, source, original, bay, rejected } = manifest;
  if (camera.id !== about.camera.id || source.path_sha256 !== path || original.size_bytes !== size)
    tell(`calls ${recording} ${fate}, which is of another file`);
  if (fate !== 'stored') return;
  if (manifest.docking !== docking || bay !== about.bay) tell(`${recording} was stored in another docking`);
  if (reason !== (rejected?.reason ?? null)) tell(`${recording} is stored for reason ${reason}`);
  const { model, serial } = about.camera;
  if (about.ended !== 'cut-off' && (camera.model !== model || camera.serial !== serial))
    tell(`${recording} names another camera`);
}

/** What the log says was put aside. */
function quarantinedIn(lines: readonly CustodyLine[]): Set<string> {
  const told = lines.filter(({ event }) => event === 'quarantined');
  return new Set(told.map(({ facts }) => String(facts['name'])));
}

/** A recording that no other replaced is stored in exactly one docking: its own. */
function checkPlaces(
  dockings: readonly DockingSeen[],
  { lines, manifests }: ClaimsAgainst,
  problems: string[],
): void {
  const stored = new Map<string, number>();
  for (const { fate, recording } of dockings.flatMap(({ entries }) => entries))
    if (fate === 'stored' && recording !== null) stored.set(recording, (stored.get(recording) ?? 0) + 1);
  const superseded = [...manifests.values()].flatMap(({ supersedes }) => supersedes);
  const replaced = new Set([...superseded, ...quarantinedIn(lines)]);
  for (const [recording, { docking }] of manifests) {
    const times = stored.get(recording) ?? 0;
    if (times > 1) problems.push(`docking ${docking}: ${recording} is stored ${times} times`);
    if (times === 0 && !replaced.has(recording))
      problems.push(`docking ${docking}: ${recording} is of it, and its record does not say so`);
  }
}
