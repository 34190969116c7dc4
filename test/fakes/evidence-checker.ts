// The independent checker: says whether anything that was ever on a camera is lost, doubled, altered, or was erased without a receipt.
// It knows SPEC.md and no code of ours: node:crypto for all, and stock age and minisign for a sample of the recordings.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { identitySecret, openedDigest, openSealedBytes } from './age-judge.ts';
import { checkCustodyFolder, compareCopies, orderSegments, readReceipted } from './evidence-custody.ts';
import { readJudgeKey, signatureFault, type JudgeKey } from './minisign-judge.ts';
import { pathBelow, type Put } from './put-ledger.ts';
import { requireTool } from './stock-tools.ts';

const UNIT_BYTES = 524_288;
const RECORDING_ID = /^[a-z2-7]{26}$/;
const SIX_FILES =
  'chunks.bin manifest.json manifest.json.minisig payload.age receipt.json receipt.json.minisig';
/** Recordings that stock tools judge as well; each costs three processes. */
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
  readonly segments: number;
}

/** One folder whose signatures and bytes hold. */
interface Recording {
  readonly id: string;
  readonly folder: string;
  readonly camera: string;
  readonly path: string;
  readonly sha256: string;
  readonly receipted: boolean;
  readonly supersedes: readonly string[];
}

/** Checks everything. Throws only where a place cannot be read at all. */
export function checkEvidence(places: EvidencePlaces): EvidenceReport {
  const checking = new Checking(places);
  return checking.run();
}

class Checking {
  readonly #places: EvidencePlaces;
  readonly #problems: string[] = [];
  readonly #secret: Buffer;
  readonly #stationKey: JudgeKey;
  readonly #storeKey: JudgeKey;
  #onCameras = 0;
  #onlyInSpool = 0;

  constructor(places: EvidencePlaces) {
    this.#places = places;
    this.#secret = identitySecret(readFileSync(places.identityFile, 'utf8'));
    this.#stationKey = readJudgeKey(places.stationPublicKeyFile);
    this.#storeKey = readJudgeKey(places.storePublicKeyFile);
  }

  run(): EvidenceReport {
    const vaultFolder = join(this.#places.vault, this.#places.station);
    const vault = this.#readAll(vaultFolder, true);
    this.#checkReleased();
    this.#checkVault(vault);
    this.#checkPuts(vault);
    const segments = this.#checkCustody(join(vaultFolder, 'custody'), vault);
    for (const recording of vault.slice(0, STOCK_SAMPLE)) this.#judgeWithStockTools(recording);
    return {
      problems: this.#problems,
      recordings: vault.length,
      onCameras: this.#onCameras,
      onlyInSpool: this.#onlyInSpool,
      segments,
    };
  }

  #readAll(parent: string, inVault: boolean): Recording[] {
    if (!existsSync(parent)) return [];
    const names = readdirSync(parent).filter((name) => name !== 'custody');
    return names.flatMap((name) => {
      if (!RECORDING_ID.test(name)) this.#problems.push(`${join(parent, name)} is no recording`);
      return this.#read(join(parent, name), name, inVault) ?? [];
    });
  }

  #read(folder: string, id: string, inVault: boolean): Recording | undefined {
    try {
      return this.#readFolder(folder, id, inVault);
    } catch (error) {
      this.#problems.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #readFolder(folder: string, id: string, inVault: boolean): Recording {
    const tell = (what: string): void => void this.#problems.push(`${folder}: ${what}`);
    const names = readdirSync(folder).sort().join(' ');
    if (inVault && names !== SIX_FILES) tell(`holds ${names}`);
    const manifestBytes = this.#signed(folder, 'manifest.json', 'recording-manifest', this.#stationKey, tell);
    const manifest = JSON.parse(manifestBytes.toString('utf8')) as ManifestSeen;
    if (manifest.recording !== id || manifest.station !== this.#places.station)
      tell('manifest of another recording');
    this.#checkUnits(folder, manifest, tell);
    const opened = openedDigest(join(folder, 'payload.age'), this.#secret);
    if (opened.sha256 !== manifest.original.sha256 || opened.sizeBytes !== manifest.original.size_bytes)
      tell('opens to other bytes than its manifest says');
    const path = this.#sourcePath(manifest, tell);
    const receipted = existsSync(join(folder, 'receipt.json'));
    if (receipted) this.#checkReceipt(folder, manifestBytes, manifest, tell);
    const { supersedes, camera } = manifest;
    return { id, folder, camera: camera.id, path, sha256: opened.sha256, receipted, supersedes };
  }

  #signed(folder: string, name: string, type: string, key: JudgeKey, tell: (what: string) => void): Buffer {
    const bytes = readFileSync(join(folder, name));
    const fault = signatureFault(bytes, readFileSync(join(folder, `${name}.minisig`), 'utf8'), type, key);
    if (fault !== undefined) tell(`${name}: ${fault}`);
    return bytes;
  }

  #sourcePath(manifest: ManifestSeen, tell: (what: string) => void): string {
    const text = openSealedBytes(Buffer.from(manifest.source.sealed, 'base64'), this.#secret).toString(
      'utf8',
    );
    const path = Buffer.from((JSON.parse(text) as { path: string }).path, 'base64');
    if (sha256(path) !== manifest.source.path_sha256) tell('the sealed path has another digest');
    return path.toString('latin1');
  }

  #checkUnits(folder: string, { sealed }: ManifestSeen, tell: (what: string) => void): void {
    const chunks = readFileSync(join(folder, 'chunks.bin'));
    const payload = join(folder, 'payload.age');
    if (sha256(chunks) !== sealed.chunks_sha256) tell('chunks.bin is not the one of the manifest');
    if (statSync(payload).size !== sealed.size_bytes) tell(`payload.age has ${statSync(payload).size} bytes`);
    if (!unitDigests(payload).equals(chunks)) tell('payload.age does not have the digests of chunks.bin');
  }

  #checkReceipt(
    folder: string,
    manifestBytes: Buffer,
    manifest: ManifestSeen,
    tell: (what: string) => void,
  ): void {
    const bytes = this.#signed(folder, 'receipt.json', 'receipt', this.#storeKey, tell);
    const receipt = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const wanted: Record<string, unknown> = {
      type: 'receipt',
      recording: manifest.recording,
      station: manifest.station,
      manifest_sha256: sha256(manifestBytes),
      sealed_size_bytes: manifest.sealed.size_bytes,
      chunks_sha256: manifest.sealed.chunks_sha256,
    };
    for (const [name, value] of Object.entries(wanted))
      if (receipt[name] !== value) tell(`receipt: ${name} is ${JSON.stringify(receipt[name])}`);
  }

  /** Documents that stay after a spool copy was reclaimed. */
  #checkReleased(): void {
    const parent = join(this.#places.spool, 'released');
    for (const id of existsSync(parent) ? readdirSync(parent) : []) {
      const folder = join(parent, id);
      const tell = (what: string): void => void this.#problems.push(`${folder}: ${what}`);
      const manifest = this.#signed(folder, 'manifest.json', 'recording-manifest', this.#stationKey, tell);
      this.#checkReceipt(folder, manifest, JSON.parse(manifest.toString('utf8')) as ManifestSeen, tell);
    }
  }

  #checkVault(vault: readonly Recording[]): void {
    const known = new Set(this.#places.puts.map(keyOf));
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

  #checkPuts(vault: readonly Recording[]): void {
    const stored = new Map(vault.map((recording) => [keyOf(recording), recording]));
    let spooled: Map<string, Recording> | undefined;
    for (const put of this.#places.puts) {
      const onCamera = this.#isOnCamera(put);
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

  #readSpool(): Map<string, Recording> {
    const all = this.#readAll(join(this.#places.spool, 'ready'), false);
    return new Map(all.map((recording) => [keyOf(recording), recording]));
  }

  #isOnCamera(put: Put): boolean {
    const root = this.#places.cameras.get(put.camera);
    if (root === undefined) return false;
    const path = pathBelow(root, Buffer.from(put.path, 'latin1'));
    return existsSync(path) && statSync(path).size === put.sizeBytes && digestOfFile(path) === put.sha256;
  }

  #checkCustody(vaultFolder: string, vault: readonly Recording[]): number {
    const problems = this.#problems;
    const own = checkCustodyFolder(join(this.#places.spool, 'custody'), this.#stationKey, true, problems);
    const copies = checkCustodyFolder(vaultFolder, this.#stationKey, false, problems);
    compareCopies(copies, own, problems);
    const receipted = readReceipted(orderSegments(own, problems), problems);
    for (const { id } of vault)
      if (!receipted.has(id)) problems.push(`custody: ${id} is in the vault and was never called receipted`);
    for (const id of receipted)
      if (!vault.some((recording) => recording.id === id))
        problems.push(`custody: ${id} was receipted and is not in the vault`);
    return own.length;
  }

  #judgeWithStockTools({ folder, sha256: expected }: Recording): void {
    const identity = this.#places.identityFile;
    const minisign = (name: string, key: JudgeKey): unknown =>
      execFileSync(requireTool('minisign'), ['-Vqm', join(folder, name), '-p', key.file], { stdio: 'pipe' });
    try {
      minisign('manifest.json', this.#stationKey);
      minisign('receipt.json', this.#storeKey);
      const shell = `${requireTool('age')} -d -i "$1" "$2/payload.age" | sha256sum`;
      const answer = execFileSync('/bin/sh', ['-c', shell, 'sh', identity, folder], { encoding: 'utf8' });
      if (answer.slice(0, 64) !== expected) this.#problems.push(`${folder}: age opens to other bytes`);
    } catch (error) {
      this.#problems.push(`${folder}: a stock tool refuses it: ${String(error)}`);
    }
  }
}

interface ManifestSeen {
  readonly recording: string;
  readonly station: string;
  readonly camera: { readonly id: string };
  readonly supersedes: readonly string[];
  readonly source: { readonly path_sha256: string; readonly sealed: string };
  readonly original: { readonly size_bytes: number; readonly sha256: string };
  readonly sealed: { readonly size_bytes: number; readonly chunks_sha256: string };
}

function keyOf(original: { camera: string; path: string; sha256: string }): string {
  return `${original.camera} ${original.sha256} ${original.path}`;
}

function shown({ camera, path }: { camera: string; path: string }): string {
  return `${camera} ${JSON.stringify(path.slice(0, 80))}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function digestOfFile(path: Buffer | string): string {
  const hash = createHash('sha256');
  eachUnit(path, (unit) => hash.update(unit));
  return hash.digest('hex');
}

function unitDigests(path: string): Buffer {
  const digests: Buffer[] = [];
  eachUnit(path, (unit) => digests.push(createHash('sha256').update(unit).digest()));
  return Buffer.concat(digests);
}

function eachUnit(path: Buffer | string, take: (unit: Buffer) => void): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(UNIT_BYTES);
  try {
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer))
      take(buffer.subarray(0, count));
  } finally {
    closeSync(file);
  }
}
