// What must hold of dockings after a cut and a start: judges the records on the disk by what was claimed before, as a stranger would.
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
  type DockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { publicKeyOf, verifyDocument } from '../../../protocol/documents/minisign.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { ROOT, stationKey } from '../spool/scenario.ts';
import { inventoryOf, openDockings, type OpenedDockings, type PlannedDocking } from './life.ts';

/** A disk with a station on it, and a look at it from outside. */
export interface JudgedDisk extends Files {
  /** What lies below a folder, by path; bytes of files. */
  tree(folder: string): ReadonlyMap<string, Uint8Array | undefined>;
  peek(path: string): Uint8Array | undefined;
  readonly openFiles: number;
}

interface Part {
  readonly record: DockingRecord;
  readonly sha256: string;
  readonly signature: string;
  readonly isReceipted: boolean;
}

/** Starts on this disk and says everything that is wrong then; with `verify` signatures are looked at as well. */
export async function startProblems(
  disk: JudgedDisk,
  planned: readonly PlannedDocking[],
  claims: readonly string[],
  verify = false,
): Promise<string[]> {
  const opened = await openDockings(disk, 50);
  opened.dockings.start();
  await opened.dockings.settle();
  const found = dockingProblems(disk, opened, planned, claims, verify);
  await opened.close();
  if (opened.conditions.codes().length > 0) found.push(`raised ${opened.conditions.codes().join(', ')}`);
  for (const { kind, name, reason } of opened.findings)
    if (kind === 'quarantined' || kind === 'failed') found.push(`${kind}: ${name}: ${reason}`);
  if (disk.openFiles > 0) found.push(`${disk.openFiles} files are still open`);
  return found;
}

function dockingProblems(
  disk: JudgedDisk,
  opened: OpenedDockings,
  planned: readonly PlannedDocking[],
  claims: readonly string[],
  verify: boolean,
): string[] {
  const parts = partsOn(disk);
  const found = [...disk.tree(`${ROOT}/docked`).keys()].map((path) => `${path} is left`);
  let previous: string | null = null;
  for (const each of planned) {
    const own = parts.filter(({ record }) => record.docking === each.docking);
    const said = claims.filter((claim) => claim.startsWith(each.docking)).map((claim) => claim.slice(27));
    const tell = (what: string): number => found.push(`docking ${planned.indexOf(each) + 1}: ${what}`);
    if (own.length === 0) {
      if (said.length > 0) tell(`has no record, and ${said.join(', ')} was claimed`);
      continue;
    }
    judgeChain(own, previous, tell);
    judgeEntries(opened, each, own, said, tell);
    judgeClaims(own, said, tell);
    previous = own.at(-1)?.sha256 ?? null;
    if (verify) for (const { record, signature } of own) judgeSignature(disk, record, signature, tell);
  }
  const known = new Set(planned.map(({ docking }) => docking));
  for (const { record } of parts)
    if (!known.has(record.docking)) found.push(`${record.docking} from nowhere`);
  return found;
}

/** Every record on the disk, parts of a docking in their order. */
function partsOn(disk: JudgedDisk): Part[] {
  const folders = new Set(
    [...disk.tree(`${ROOT}/dockings`).keys()].map((path) => path.split('/').slice(0, 4).join('/')),
  );
  const parts = [...folders].map((folder): Part => {
    const bytes = disk.peek(`${folder}/docking.json`) ?? new Uint8Array(0);
    const record = parseDockingRecord(bytes);
    const signature = Buffer.from(disk.peek(`${folder}/docking.json.minisig`) ?? []).toString();
    const isReceipted = disk.peek(`${folder}/receipt.json.minisig`) !== undefined;
    return { record, sha256: sha256Hex(bytes), signature, isReceipted };
  });
  return parts.sort((a, b) => a.record.part - b.record.part);
}

type Tell = (what: string) => void;

function judgeChain(own: readonly Part[], previous: string | null, tell: Tell): void {
  const numbers = own.map(({ record }) => record.part).join();
  const wanted = Array.from({ length: own[0]?.record.parts ?? 0 }, (_, at) => at + 1).join();
  if (numbers !== wanted) tell(`has parts ${numbers} and not ${wanted}`);
  let before = previous;
  for (const { record, sha256 } of own) {
    if (record.previous_docking_sha256 !== before)
      tell(`part ${record.part} does not continue the one before`);
    before = sha256;
  }
}

function judgeEntries(
  { spool }: OpenedDockings,
  planned: PlannedDocking,
  own: readonly Part[],
  said: readonly string[],
  tell: Tell,
): void {
  const entries = own.flatMap(({ record }) => record.entries);
  const inventory = own[0]?.record.inventory ?? null;
  const wanted = inventoryOf(planned);
  if (inventory !== null && inventory.sha256 !== wanted.inventory.sha256) tell('has another inventory');
  if (said.includes('listed') && entries.length !== wanted.rows.length)
    tell(`lists ${entries.length} of ${wanted.rows.length} entries`);
  for (const { recording, documents } of planned.recordings) {
    const durable = spool.stateOf(recording);
    const stored = entries.filter((entry) => entry.recording === recording);
    if (durable !== undefined && stored.length !== 1)
      tell(`${recording} is durable and stored ${stored.length} times`);
    if (durable === undefined && stored.length > 0) tell(`${recording} is stored and not durable`);
    for (const { fate, path_sha256: path, erased } of stored) {
      if (fate !== 'stored' || path !== documents.manifest.source.path_sha256)
        tell(`${recording} is ${fate}`);
      if (erased && durable === 'spooled') tell(`${recording} is called erased without a receipt`);
      if (!erased && said.includes(`erased ${recording}`))
        tell(`${recording} was erased, and nothing says so`);
    }
  }
  const others = entries.filter(({ recording }) => recording === null);
  if (others.some(({ fate }) => fate !== 'waiting')) tell('an entry that was not reached is not waiting');
}

function judgeClaims(own: readonly Part[], said: readonly string[], tell: Tell): void {
  const recorded = said.find((claim) => claim.startsWith('recorded '));
  if (recorded !== undefined && recorded !== `recorded ${own[0]?.sha256}`)
    tell('has another record than was claimed');
  if (said.includes('receipted') && !own.every(({ isReceipted }) => isReceipted)) tell('lost its receipt');
  if (said.includes('listed') && own[0]?.record.inventory === null) tell('lost its inventory');
}

function judgeSignature(disk: JudgedDisk, record: DockingRecord, signature: string, tell: Tell): void {
  const bytes = disk.peek(`${ROOT}/dockings/${record.record}/docking.json`) ?? new Uint8Array(0);
  try {
    verifyDocument(bytes, signature, DOCKING_RECORD_TRUSTED_COMMENT, [publicKeyOf(stationKey)]);
  } catch {
    tell(`part ${record.part} is not signed`);
  }
}
