// What is kept of each recording until all were read: ids and digests for chains, sidecars and the comparison with the custody log.
// Pure; no document is held.
import type { HeldRecording } from './account-check.ts';
import type { ChainLink } from './chain-check.ts';
import type { FoundRecording } from './found-folders.ts';
import type { ReceiptHead } from './receipt-heads.ts';
import type { CheckedRecording } from './recording-check.ts';
import type { Joined } from './sidecar-check.ts';

/** A receipt's head with the station in whose log it must be. */
interface StationHead extends ReceiptHead {
  readonly station: string;
}

/** The facts of one place. Only manifests and receipts whose signatures hold count as facts. */
export class PlaceFacts {
  readonly links: ChainLink[] = [];
  readonly joined: Joined[] = [];
  /** Where each recording lies, by its folder's name. */
  readonly places = new Map<string, string>();
  /** Recordings that others name as replaced. */
  readonly superseded = new Set<string>();
  /** A station that signed a recording here. */
  station: string | undefined;
  readonly #held = new Map<string, HeldRecording & { readonly station: string | undefined }>();
  readonly #heads: StationHead[] = [];

  /** Takes a recording that was found in the folder of that station, where known. */
  take(checked: CheckedRecording, { station }: Pick<FoundRecording, 'station'>): void {
    const { name, where, manifest, manifestSha256, receiptSha256, receipt, keyId } = checked;
    this.places.set(name, where);
    const owner = station ?? manifest?.station;
    this.#held.set(name, { name, where, manifestSha256, receiptSha256, station: owner });
    if (receipt !== undefined && receipt.custody_head !== null)
      this.#heads.push({ head: receipt.custody_head, where, station: owner ?? receipt.station });
    if (manifest === undefined || manifestSha256 === undefined || keyId === undefined) return;
    this.station ??= manifest.station;
    const chain = `camera ${manifest.camera.id} by key ${keyId}`;
    this.links.push({ sha256: manifestSha256, previous: manifest.previous_manifest_sha256, chain, name });
    this.joined.push({
      where,
      docking: `${chain} ${manifest.docking}`,
      pathSha256: manifest.source.path_sha256,
      sidecars: manifest.sidecars,
      sidecarOf: manifest.sidecar_of,
    });
    for (const replaced of manifest.supersedes) this.superseded.add(replaced);
  }

  /** Recordings of a station, or all where it is not known. */
  heldOf(station: string | undefined): Map<string, HeldRecording> {
    const all = [...this.#held.values()];
    const own = station === undefined ? all : all.filter((held) => held.station === station);
    return new Map(own.map((held) => [held.name, held]));
  }

  /** Heads that receipts of a station name, or all where it is not known. */
  headsOf(station: string | undefined): ReceiptHead[] {
    return station === undefined ? this.#heads : this.#heads.filter((head) => head.station === station);
  }
}
