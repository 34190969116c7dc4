// The independent checker: says whether anything that was ever on a camera is lost, doubled, altered, or was erased without a receipt,
// and whether what the docking records say of it is true. It knows SPEC.md and no code of ours: node:crypto for all, and stock age and
// minisign for a sample of the recordings.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { identitySecret } from './age-judge.ts';
import { digestOfFile } from './evidence-bytes.ts';
import {
  checkCustodyFolder,
  compareCopies,
  orderSegments,
  readReceipted,
  type CustodyLine,
} from './evidence-custody.ts';
import { checkDockingClaims, checkDockingOrder } from './evidence-docking-claims.ts';
import {
  checkDockingChains,
  isDockingFolder,
  joinDockings,
  readDockingPart,
  readSpooledDockings,
  type DockingPart,
} from './evidence-dockings.ts';
import { checkManifestChains } from './evidence-manifests.ts';
import { readOrTell, type EvidenceKeys } from './evidence-documents.ts';
import { diskShelf } from './evidence-shelf.ts';
import {
  minisign,
  readRecording,
  readSpooledManifests,
  stockFault,
  type ManifestSeen,
  type RecordingSeen,
} from './evidence-recordings.ts';
import { readJudgeKey } from './minisign-judge.ts';
import { pathBelow, type Put } from './put-ledger.ts';

const RECORDING_ID = /^[a-z2-7]{26}$/;
/** Recordings, and docking records, that stock tools judge as well; each costs three processes. */
const STOCK_SAMPLE = 5;

/** Where everything lies. The station must have been stopped. */
export interface EvidencePlaces {
  readonly vault: string;
  readonly spool: string;
  readonly station: string;
  /** Where the files of each camera lie now, by camera id. */
  readonly cameras: ReadonlyMap<string, string>;
  readonly puts: readonly Put[];
  readonly identityFile: string;
  readonly stationPublicKeyFile: string;
  readonly storePublicKeyFile: string;
  /** False: stock tools, which cost three processes a recording, judge no sample. */
  readonly withStockTools?: boolean;
}

/** The same wherever it lies. */
export interface EvidenceGiven {
  readonly vault: string;
  readonly spool: string;
  readonly keys: EvidenceKeys;
  /** Opens what was sealed. */
  readonly secret: Buffer;
  readonly puts: readonly Put[];
  /** Whether it is whole on its camera now. */
  readonly isOnCamera: (put: Put) => boolean;
  /** Where stock tools judge a sample as well. */
  readonly identityFile: string | undefined;
}

export interface EvidenceReport {
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
  /** Recordings in the vault. */
  readonly recordings: number;
  /** Originals that are whole on a camera now. */
  readonly onCameras: number;
  /** Originals that only the spool holds. */
  readonly onlyInSpool: number;
  /** Dockings, with all parts of their records. */
  readonly dockings: number;
  /** Those of them whose records the vault does not hold yet. */
  readonly dockingsOnlyInSpool: number;
  readonly segments: number;
}

/** What lies in the station's folder of the vault. */
interface VaultSeen {
  readonly recordings: readonly RecordingSeen[];
  readonly dockings: readonly DockingPart[];
}

/** Checks everything on real disks. Throws only where a place cannot be read at all. */
export function checkEvidence(places: EvidencePlaces): EvidenceReport {
  return checkGivenEvidence({
    ...places,
    keys: {
      station: places.station,
      stationKey: readJudgeKey(places.stationPublicKeyFile),
      storeKey: readJudgeKey(places.storePublicKeyFile),
      shelf: diskShelf,
    },
    secret: identitySecret(readFileSync(places.identityFile, 'utf8')),
    identityFile: places.withStockTools === false ? undefined : places.identityFile,
    isOnCamera: (put) => isInFolder(places.cameras.get(put.camera), put),
  });
}

/** Checks everything. Throws only where a place cannot be read at all. */
export function checkGivenEvidence(given: EvidenceGiven): EvidenceReport {
  return new Checking(given).run();
}

function isInFolder(root: string | undefined, put: Put): boolean {
  if (root === undefined) return false;
  const path = pathBelow(root, Buffer.from(put.path, 'latin1'));
  return (
    existsSync(path) && statSync(path).size === put.sizeBytes && digestOfFile(diskShelf, path) === put.sha256
  );
}

class Checking {
  readonly #given: EvidenceGiven;
  readonly #problems: string[] = [];
  readonly #keys: EvidenceKeys;
  #onCameras = 0;
  #onlyInSpool = 0;

  constructor(given: EvidenceGiven) {
    this.#given = given;
    this.#keys = given.keys;
  }

  run(): EvidenceReport {
    const problems = this.#problems;
    const vault = this.#readVault();
    const spooled = readSpooledManifests(this.#given.spool, this.#keys, problems);
    this.#checkVault(vault.recordings);
    this.#checkPuts(vault.recordings);
    this.#checkManifests();
    const own = readSpooledDockings(this.#given.spool, this.#keys, problems);
    const { segments, lines } = this.#checkCustody(vault, own);
    const dockings = this.#checkDockings(vault, [...vault.dockings, ...own], spooled, lines);
    if (this.#given.identityFile !== undefined) this.#judgeWithStockTools(vault, this.#given.identityFile);
    const [onCameras, onlyInSpool] = [this.#onCameras, this.#onlyInSpool];
    return { problems, recordings: vault.recordings.length, onCameras, onlyInSpool, ...dockings, segments };
  }

  #readVault(): VaultSeen {
    const parent = join(this.#given.vault, this.#keys.station);
    const names = this.#keys.shelf.names(parent).filter((name) => name !== 'custody');
    const recordings: RecordingSeen[] = [];
    const dockings: DockingPart[] = [];
    for (const name of names) {
      const folder = join(parent, name);
      if (!RECORDING_ID.test(name)) this.#problems.push(`${folder} is no recording`);
      if (isDockingFolder(this.#keys.shelf, folder))
        dockings.push(
          ...readOrTell(folder, this.#problems, (tell) => readDockingPart(folder, name, this.#keys, tell)),
        );
      else recordings.push(...this.#readRecording(folder, name, true));
    }
    for (const { folder, receipted } of dockings)
      if (!receipted) this.#problems.push(`${folder}: in the vault without a receipt`);
    return { recordings, dockings };
  }

  #readRecording(folder: string, id: string, inVault: boolean): RecordingSeen[] {
    const how = { keys: this.#keys, secret: this.#given.secret, inVault };
    return readOrTell(folder, this.#problems, (tell) => readRecording(folder, id, how, tell));
  }

  #checkManifests(): void {
    const { vault, spool } = this.#given;
    const inSpool = ['ready', 'released', 'quarantine'].map((folder) => join(spool, folder));
    checkManifestChains([join(vault, this.#keys.station), ...inSpool], this.#keys, this.#problems);
  }

  #checkVault(vault: readonly RecordingSeen[]): void {
    const known = new Set(this.#given.puts.map(keyOf));
    for (const recording of vault) {
      if (!recording.receipted) this.#problems.push(`${recording.folder}: in the vault without a receipt`);
      if (!known.has(keyOf(recording)))
        this.#problems.push(`${recording.folder}: holds bytes that were on no camera (${shown(recording)})`);
    }
    const superseded = new Set(vault.flatMap(({ supersedes }) => supersedes));
    const seen = new Map<string, string>();
    for (const recording of vault.filter(({ id }) => !superseded.has(id))) {
      const before = seen.get(keyOf(recording));
      if (before !== undefined)
        this.#problems.push(`doubled: ${shown(recording)} is ${before} and ${recording.id}`);
      seen.set(keyOf(recording), recording.id);
    }
  }

  #checkPuts(vault: readonly RecordingSeen[]): void {
    const stored = new Map(vault.map((recording) => [keyOf(recording), recording]));
    let spooled: Map<string, RecordingSeen> | undefined;
    for (const put of this.#given.puts) {
      const onCamera = this.#given.isOnCamera(put);
      if (onCamera) this.#onCameras++;
      let found = stored.get(keyOf(put));
      if (found === undefined && put.required) {
        spooled ??= this.#readSpool();
        found = spooled.get(keyOf(put));
        if (found !== undefined && !onCamera) this.#onlyInSpool++;
      }
      if (onCamera || !put.required) continue;
      if (found === undefined) this.#problems.push(`lost: ${shown(put)}, ${put.sizeBytes} bytes`);
      else if (!found.receipted)
        this.#problems.push(`erased without a receipt: ${shown(put)}, ${found.folder}`);
    }
  }

  #readSpool(): Map<string, RecordingSeen> {
    const parent = join(this.#given.spool, 'ready');
    const all = this.#keys.shelf
      .names(parent)
      .flatMap((id) => this.#readRecording(join(parent, id), id, false));
    return new Map(all.map((recording) => [keyOf(recording), recording]));
  }

  #checkCustody(
    { recordings, dockings }: VaultSeen,
    own: readonly DockingPart[],
  ): { segments: number; lines: readonly CustodyLine[] } {
    const problems = this.#problems;
    const { vault, spool } = this.#given;
    const { station, stationKey, shelf } = this.#keys;
    const segments = checkCustodyFolder(shelf, join(spool, 'custody'), stationKey, true, problems);
    const copies = checkCustodyFolder(shelf, join(vault, station, 'custody'), stationKey, false, problems);
    compareCopies(copies, segments, problems);
    const ordered = orderSegments(segments, problems);
    const receipted = readReceipted(ordered, problems);
    const held = new Set([...recordings, ...dockings].map(({ id }) => id));
    // A record that was made as the station stopped may lie in the vault before its receipt comes: the station offers it again.
    const waiting = new Set(own.filter((part) => !part.receipted).map(({ id }) => id));
    for (const id of held)
      if (!receipted.has(id) && !waiting.has(id))
        problems.push(`custody: ${id} is in the vault and was never called receipted`);
    for (const id of receipted)
      if (!held.has(id)) problems.push(`custody: ${id} was receipted and is not in the vault`);
    return { segments: segments.length, lines: ordered.flatMap(({ lines }) => lines) };
  }

  #checkDockings(
    vault: VaultSeen,
    parts: readonly DockingPart[],
    spooled: readonly ManifestSeen[],
    lines: readonly CustodyLine[],
  ): Pick<EvidenceReport, 'dockings' | 'dockingsOnlyInSpool'> {
    const problems = this.#problems;
    const dockings = joinDockings(parts, problems);
    const held = [...spooled, ...vault.recordings.map(({ manifest }) => manifest)];
    const manifests = new Map(held.map((manifest) => [manifest.recording, manifest]));
    checkDockingClaims(dockings, { lines, manifests }, problems);
    checkDockingOrder(checkDockingChains(dockings, problems), lines, problems);
    const inVault = new Set(vault.dockings.map(({ id }) => id));
    const waiting = dockings.filter(({ parts }) => parts.some(({ id }) => !inVault.has(id)));
    return { dockings: dockings.length, dockingsOnlyInSpool: waiting.length };
  }

  #judgeWithStockTools({ recordings, dockings }: VaultSeen, identityFile: string): void {
    for (const recording of recordings.slice(0, STOCK_SAMPLE)) {
      const fault = stockFault(recording, this.#keys, identityFile);
      if (fault !== undefined) this.#problems.push(`${recording.folder}: ${fault}`);
    }
    for (const { folder } of dockings.slice(0, STOCK_SAMPLE)) this.#judgeWithMinisign(folder);
  }

  #judgeWithMinisign(folder: string): void {
    try {
      minisign(folder, 'docking.json', this.#keys.stationKey);
      minisign(folder, 'receipt.json', this.#keys.storeKey);
    } catch (error) {
      this.#problems.push(`${folder}: a stock tool refuses it: ${String(error)}`);
    }
  }
}

function keyOf(original: { camera: string; path: string; sha256: string }): string {
  return `${original.camera} ${original.sha256} ${original.path}`;
}

function shown({ camera, path }: { camera: string; path: string }): string {
  return `${camera} ${JSON.stringify(path.slice(0, 80))}`;
}
