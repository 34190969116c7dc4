// Which recordings of a station are kept as evidence: those under a hold that both roles signed (SPEC 4.8). An order about a recording
// counts for its sidecars too, and one about a sidecar for its recording, so orders are booked by the place of the recording on its camera.
import { join } from 'node:path';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { longestHold } from '../../../protocol/documents/order-standing.ts';
import { ORDERS } from '../../../protocol/format/file-names.ts';
import { checkOrders, type FoundOrder } from '../verify/order-check.ts';
import { provenManifest, type SourceOptions } from './sources.ts';

/** The orders of one station. */
export interface Holds {
  /** Whether a recording is kept at an instant. */
  isHeld(manifest: Manifest, at: string): boolean;
  /** Orders of which a signature cannot be judged, since no key of that role was given. */
  readonly notJudged: number;
  /** Where findings about orders are, below the vault, one each: "bodydock verify" says what they are. */
  readonly refused: readonly string[];
}

interface BookedOrder extends FoundOrder {
  readonly isSidecar: boolean;
}

/** Reads them. Errors: the signal's reason; those of the machine. */
export async function readHolds(options: SourceOptions, station: string): Promise<Holds> {
  const folder = join(options.vault, station, ORDERS);
  const { orders, remarks } = await checkOrders({ ...options, folder, where: ORDERS, station });
  const booked = new Map<string, BookedOrder[]>();
  for (const found of orders) {
    const manifest = await subjectOf(options, station, found);
    if (manifest === undefined) continue;
    const place = placeOf(manifest);
    const isSidecar = manifest.sidecar_of !== null;
    booked.set(place, [...(booked.get(place) ?? []), { ...found, isSidecar }]);
  }
  return {
    isHeld: (manifest, at) => {
      const known = (booked.get(placeOf(manifest)) ?? []).filter(({ order }) => order.ordered_at <= at);
      return longestHold(known, Date.parse(at), areOne)?.until === null;
    },
    notJudged: remarks.filter(({ code }) => code === 'order.not-judged').length,
    refused: remarks.filter(({ kind }) => kind === 'finding').map(({ where }) => `${station}/${where}`),
  };
}

/** Of two orders about one place: about one recording with its sidecars, not about two that one docking read there. */
function areOne(one: BookedOrder, other: BookedOrder): boolean {
  return one.order.recording === other.order.recording || one.isSidecar || other.isSidecar;
}

/** The manifest that an order names by its digest. */
async function subjectOf(
  options: SourceOptions,
  station: string,
  { order }: FoundOrder,
): Promise<Manifest | undefined> {
  if (order.station !== station || !isRecordingId(order.recording)) return undefined;
  const manifest = await provenManifest(options, station, order.recording);
  return manifest?.sha256 === order.manifest_sha256 ? manifest.value : undefined;
}

/** A path means something only within one docking of one camera. A sidecar stands for its recording. */
function placeOf({ camera, docking, sidecar_of: sidecarOf, source }: Manifest): string {
  return `${camera.id} ${docking} ${sidecarOf ?? source.path_sha256}`;
}
