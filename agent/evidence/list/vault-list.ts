// Lists the recordings of a vault as people look for one: by time, camera and station, with what becomes of each. Only documents whose
// signatures hold are listed. No payload is read, nothing is changed; one small row a recording is kept.
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { notBefore, retentionOf, underOf } from '../../../protocol/documents/retention.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { RecordingId, StationId } from '../../../protocol/format/ids.ts';
import type { Calendar, Period } from '../report/calendar.ts';
import { readStoreLogs, type StoreWord } from '../report/logs.ts';
import { type Holds, readHolds, type Source, sourcesOf, stationsOf } from '../report/sources.ts';
import { knownKeys } from '../verify/known-keys.ts';
import { findPlace, readVaultId } from '../verify/place.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import { readTrustedKeys } from '../verify/trusted-keys.ts';

const DAY_MS = 86_400_000;
/** Fewer characters of an id are never shown: others come, and a short one soon fits several. */
const SHORT_CHARACTERS_MIN = 8;

export const LIST_STATES = ['waiting', 'kept', 'due', 'held', 'deleted'] as const;
/** `waiting`: without a receipt that counts; `due`: its time is over, and it is not deleted yet. */
export type ListState = (typeof LIST_STATES)[number];

/** When a recording was made: between two instants (RFC 3339 UTC), equal ones where the camera's clock was measured, or as its file claims. */
export interface MadeAt {
  readonly from: string;
  readonly to: string;
  readonly basis: 'measured' | 'bounded' | 'claimed';
}

export interface ListedRecording {
  readonly station: StationId;
  readonly recording: RecordingId;
  /** The shortest beginning of the id, of 8 characters or more, that no other one in the vault has. */
  readonly short: string;
  readonly camera: string;
  readonly role: Manifest['role'];
  /** Null where nothing tells a time but the sealing. */
  readonly made: MadeAt | null;
  readonly sealedAt: string;
  readonly durationMs: number | null;
  readonly sizeBytes: number;
  /** Marked as evidence on its camera. */
  readonly locked: boolean;
  /** See `rejected.reason` of a manifest; null for most. */
  readonly unusual: string | null;
  readonly state: ListState;
  /** When it is due (kept, due), until when it is held (null: until that is lifted), or when it was deleted. */
  readonly until: string | null;
}

export interface ListWish {
  readonly files: ReadFiles;
  /** Absolute. */
  readonly vault: string;
  /** `keys/` beside the vault unless given. */
  readonly keysFolder?: string | undefined;
  readonly station?: string | undefined;
  readonly camera?: string | undefined;
  /** Those that were made, or may have been made, on one of these days. */
  readonly period?: Period | undefined;
  readonly calendar: Calendar;
  readonly states?: ReadonlySet<ListState> | undefined;
  /** Those that are due within so many days, or overdue. */
  readonly dueDays?: number | undefined;
  /** Files beside recordings, and files of unknown kinds too. */
  readonly all: boolean;
  /** Ms since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

export interface VaultList {
  /** The earliest first; what tells no time by its sealing. */
  readonly rows: readonly ListedRecording[];
  /** In the whole vault. */
  readonly recordings: number;
  readonly otherFiles: number;
  /** Below the vault: what does not verify with these keys and is not listed. */
  readonly unproven: readonly string[];
}

/** Errors: "verify.*" where there is no vault, "key.*", the signal's reason, the system's. */
export async function listVault(wish: ListWish): Promise<VaultList> {
  const { files, signal } = wish;
  const place = await findPlace(files, wish.vault);
  if (place.kind !== 'vault')
    throw new DockError('verify.not-recognised', `${wish.vault} is no vault, it is a ${place.kind}`, {
      retry: 'person',
    });
  const trusted = await readTrustedKeys(wish.keysFolder ?? place.keysFolder);
  const { keys, policies } = await knownKeys(files, place, trusted);
  const { id: vaultId } = await readVaultId(files, place);
  const options = { files, vault: place.path, vaultId, keys, signal };
  const store = await readStoreLogs(options, policies);
  const ids: string[] = [];
  const unproven: string[] = [];
  const found: Omit<ListedRecording, 'short'>[] = [];
  const count = { recordings: 0, otherFiles: 0 };
  for (const station of await stationsOf(options)) {
    const holds = await readHolds(options, station, store.days);
    for await (const source of sourcesOf(options, station)) {
      if (source.kind === 'unproven') unproven.push(source.where);
      if (source.kind !== 'recording') continue;
      const row = rowOf(source, holds, store, wish.nowMs);
      ids.push(row.recording);
      count[row.role === 'media' ? 'recordings' : 'otherFiles']++;
      if (isWanted(row, wish)) found.push(row);
    }
  }
  const shortOf = shortIds(ids);
  const rows = found
    .map((row) => ({ ...row, short: shortOf(row.recording) }))
    .sort((one, other) => Date.parse(timeOf(one)) - Date.parse(timeOf(other)));
  return { rows, ...count, unproven };
}

/** A row as programs read it, times in UTC. */
export function listedDocument(row: ListedRecording): Record<string, unknown> {
  return {
    station: row.station,
    recording: row.recording,
    short: row.short,
    camera: row.camera,
    role: row.role,
    made_earliest_at: row.made?.from ?? null,
    made_latest_at: row.made?.to ?? null,
    made_basis: row.made?.basis ?? null,
    sealed_at: row.sealedAt,
    duration_ms: row.durationMs,
    size_bytes: row.sizeBytes,
    locked: row.locked,
    unusual: row.unusual,
    state: row.state,
    until: row.until,
  };
}

function timeOf({ made, sealedAt }: Pick<ListedRecording, 'made' | 'sealedAt'>): string {
  return made?.from ?? sealedAt;
}

function rowOf(
  source: Extract<Source, { kind: 'recording' }>,
  holds: Holds,
  store: StoreWord,
  nowMs: number,
): Omit<ListedRecording, 'short'> {
  const { manifest } = source;
  return {
    station: manifest.station,
    recording: manifest.recording,
    camera: manifest.camera.id,
    role: manifest.role,
    made: madeAt(manifest),
    sealedAt: manifest.sealed_at,
    durationMs: manifest.media?.duration_ms ?? null,
    sizeBytes: manifest.original.size_bytes,
    locked: manifest.locked,
    unusual: manifest.rejected?.reason ?? null,
    ...stateOf(source, holds, store, nowMs),
  };
}

function madeAt({ capture, original }: Manifest): MadeAt | null {
  const { earliest_at: from, latest_at: to, basis } = capture;
  if (basis !== 'clock-unmeasured' && from !== null && to !== null)
    return { from, to, basis: basis === 'clock-measured' ? 'measured' : 'bounded' };
  const claimed = original.modified_at;
  return claimed === null ? null : { from: claimed, to: claimed, basis: 'claimed' };
}

function stateOf(
  { manifest, receivedAt, deletion }: Extract<Source, { kind: 'recording' }>,
  holds: Holds,
  store: StoreWord,
  nowMs: number,
): Pick<ListedRecording, 'state' | 'until'> {
  if (deletion !== undefined) return { state: 'deleted', until: deletion.deleted_at };
  const hold = holds.holdOf(manifest, new Date(nowMs).toISOString());
  if (hold !== undefined) return { state: 'held', until: hold.until };
  if (receivedAt === null) return { state: 'waiting', until: null };
  const retention = retentionOf(manifest, receivedAt, store.days.dueDays(receivedAt, underOf(manifest)));
  const dueMs = Math.max(
    Date.parse(retention.due_at),
    notBefore(retention, receivedAt, manifest.sealed_at, nowMs),
  );
  return { state: dueMs <= nowMs ? 'due' : 'kept', until: new Date(dueMs).toISOString() };
}

function isWanted(row: Omit<ListedRecording, 'short'>, wish: ListWish): boolean {
  const { station, camera, period, calendar, states, dueDays, nowMs } = wish;
  const { role, state, until } = row;
  if (!wish.all && role !== 'media') return false;
  if ((station ?? row.station) !== row.station || (camera ?? row.camera) !== row.camera) return false;
  if (states !== undefined && !states.has(state)) return false;
  if (dueDays !== undefined && !isDue(state, until, nowMs + dueDays * DAY_MS)) return false;
  if (period === undefined) return true;
  const { from, to } = row.made ?? { from: row.sealedAt, to: row.sealedAt };
  return calendar.dayOf(from) <= period.to && calendar.dayOf(to) >= period.from;
}

function isDue(state: ListState, until: string | null, byMs: number): boolean {
  return state === 'due' || (state === 'kept' && until !== null && Date.parse(until) <= byMs);
}

/** Of each id the shortest beginning that fits no other one. */
function shortIds(ids: readonly string[]): (id: string) => string {
  const sorted = ids.toSorted();
  const places = new Map(sorted.map((id, at) => [id, at]));
  return (id) => {
    const at = places.get(id) ?? 0;
    const shared = Math.max(common(id, sorted[at - 1]), common(id, sorted[at + 1]));
    return id.slice(0, Math.max(SHORT_CHARACTERS_MIN, shared + 1));
  };
}

function common(one: string, other: string | undefined): number {
  let at = 0;
  while (at < one.length && other?.[at] === one[at]) at++;
  return other === undefined || other === one ? 0 : at;
}
