// Verifies what a kit is made from, and what was written, with the same code as `bodydock verify`.
import { dirname } from 'node:path';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { checkSegment, readFirst, type SegmentContext } from '../verify/custody-file.ts';
import { checkDocking } from '../verify/docking-check.ts';
import { HeadBook } from '../verify/head-book.ts';
import { checkOrders } from '../verify/order-check.ts';
import { PlaceFacts } from '../verify/place-facts.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import { checkRecording } from '../verify/recording-check.ts';
import { finding, type Remark } from '../verify/remark.ts';
import { stationKeys, storeKeys, type TrustedKeys } from '../verify/trusted-keys.ts';
import { checkWitnesses } from '../verify/witness-check.ts';
import { headFile, segmentFile } from './kit-files.ts';
import { isHere, namedSidecars } from './kit-joined.ts';
import type { KitDocking, KitParts, KitSegment } from './kit-parts.ts';

/** What verifying needs. `vault` is the vault's id, where it has one. */
export interface KitCheck {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly vault: string | undefined;
  readonly signal: AbortSignal;
}

/** Where the parts lie: in the vault, or in a kit. */
export interface CheckedPlace {
  readonly recording: (station: string, recording: string) => string;
  readonly segment: (segment: KitSegment) => string;
  /** Folders. A kit has one for the orders of all stations. */
  readonly orders: (station: string) => string;
  readonly witness: (receiver: string) => string;
}

/** Recordings, docking records and segments of logs; `facts` takes what they say. Errors: the signal's reason; those of the machine. */
export async function checkParts(
  parts: KitParts,
  place: CheckedPlace,
  check: KitCheck,
  facts = new PlaceFacts(),
): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const { station, recording: name } of [...parts.asked, ...parts.sidecars]) {
    const folder = place.recording(station, name);
    const question = {
      ...check,
      folder,
      where: name,
      name,
      station,
      state: 'sealed',
      identities: [],
    } as const;
    const checked = await checkRecording(question);
    if (checked !== undefined) facts.takeRecording(checked, station);
    remarks.push(...(checked?.remarks ?? [gone(name)]));
  }
  for (const { record: name, document } of parts.dockings) {
    const folder = place.recording(document.station, name);
    const question = { ...check, folder, where: name, name, station: document.station } as const;
    const checked = await checkDocking(question);
    if (checked !== undefined) facts.takeDocking(checked, document.station);
    remarks.push(...(checked?.remarks ?? [gone(name)]));
  }
  for (const segment of parts.segments)
    remarks.push(...(await checkLog(segment, place.segment(segment), check)));
  return remarks;
}

/**
 * What belongs to the recordings and is not in the vault: parts of docking records, and sidecars that these name. Not what the store's log
 * says that it let go: the kit has that entry. Pure.
 */
export function checkWhole({ asked, sidecars, dockings, entries }: KitParts): Remark[] {
  const remarks: Remark[] = [];
  const dropped = droppedIn(entries);
  const receipted = new Set<unknown>(
    entries.flatMap(({ entry: { event, facts } }) => (event === 'receipted' ? [facts['recording']] : [])),
  );
  const parts = new Map<string, KitDocking[]>();
  for (const part of dockings)
    parts.set(part.document.docking, [...(parts.get(part.document.docking) ?? []), part]);
  for (const [docking, here] of parts) {
    const numbers = new Set(here.map(({ document }) => document.part));
    const { record = '', document } = here[0] ?? {};
    const known = new Set([...numbers, ...droppedParts(docking, entries, dropped)]);
    if (known.size >= (document?.parts ?? 0)) continue;
    const message = `docking record: ${numbers.size} of ${document?.parts} parts of docking ${docking} are here`;
    remarks.push(finding('docking.part-missing', record, message));
  }
  for (const named of namedSidecars(asked, dockings))
    if (!dropped.has(named.recording) && !isHere(named, [...asked, ...sidecars])) {
      const message = `docking record: names recording ${named.recording}, a sidecar of ${named.of}, which is not here`;
      // Both are findings in a kit; that it was lost or taken away is said only of what the store had.
      const code = receipted.has(named.recording) ? 'docking.recording-missing' : 'docking.recording-waiting';
      remarks.push(finding(code, named.record, message));
    }
  return remarks;
}

/** Recordings and parts of docking records that the store let go. */
function droppedIn(entries: KitParts['entries']): ReadonlySet<unknown> {
  return new Set(
    entries.flatMap(({ keeper, entry: { event, facts } }) =>
      event === 'documents-dropped' && isReceiverId(keeper) ? [facts['recording']] : [],
    ),
  );
}

/** Numbers of the parts of a docking's record that the store let go. */
function droppedParts(
  docking: string,
  entries: KitParts['entries'],
  dropped: ReadonlySet<unknown>,
): number[] {
  return entries.flatMap(({ entry: { event, facts } }) => {
    const { part } = facts;
    const isOf = event === 'docking-recorded' && facts['docking'] === docking;
    return isOf && dropped.has(facts['record']) && typeof part === 'number' ? [part] : [];
  });
}

function gone(name: string): Remark {
  return finding('folder.unreadable', name, 'the folder is gone');
}

async function checkLog(segment: KitSegment, path: string, check: KitCheck): Promise<Remark[]> {
  const { keeper, segment: id, signed } = segment;
  const context: SegmentContext = {
    files: check.files,
    folder: dirname(path),
    where: `log/${keeper}`,
    station: keeper,
    keysOf: (): readonly PublicKey[] =>
      isReceiverId(keeper) ? storeKeys(check.keys) : stationKeys(check.keys, keeper),
    book: new HeadBook(),
    visit: () => undefined,
    signal: check.signal,
  };
  const { remarks } = await checkSegment(context, id, await readFirst(context, id), signed);
  if (segment.head !== undefined) return [...remarks];
  const message = `${segmentFile(segment)}: no signed head can be read, so ${headFile(segment)} is not here`;
  return [...remarks, finding('custody.checkpoint-refused', segmentFile(segment), message)];
}

/** Orders and witnesses. Errors: the signal's reason; those of the machine. */
export async function checkBeside(parts: KitParts, place: CheckedPlace, check: KitCheck): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const station of new Set(parts.orders.map(({ order }) => order.station))) {
    const own = parts.orders.filter(({ order }) => order.station === station);
    const orders = new Set(own.map(({ order }) => `orders/${order.order}`));
    const folder = place.orders(station);
    remarks.push(
      ...(await checkOrders({ ...check, folder, where: 'orders', station })).remarks.filter(isOf(orders)),
    );
  }
  for (const receiver of new Set(parts.witnesses.map(({ witness }) => witness.receiver))) {
    const where = `witness/${receiver}`;
    const days = new Set(parts.witnesses.map(({ witness }) => `${where}/${witness.day}.json`));
    const folder = place.witness(receiver);
    const checked = await checkWitnesses({ ...check, folder, where, receiver });
    remarks.push(...checked.remarks.filter(isOf(days)));
  }
  return remarks;
}

/** Remarks about one of these places or something below it. */
function isOf(places: ReadonlySet<string>): (remark: Remark) => boolean {
  return ({ where }) =>
    [...places].some(
      (place) => where === place || where === `${place}.minisig` || where.startsWith(`${place}/`),
    );
}
