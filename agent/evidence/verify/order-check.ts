// Checks the orders of one station (SPEC 4.8): shape, place, and who signed. What they amount to is protocol/documents/order-standing.ts; whether the
// store kept to them is deletion-judge.ts.
import { join } from 'node:path';
import {
  aloneUntil,
  hasBothRoles,
  type Hold,
  longestHold,
  type SignedOrder,
} from '../../../protocol/documents/order-standing.ts';
import {
  type Order,
  ORDER_TRUSTED_COMMENT,
  type Role,
  ROLES,
  roleSignature,
} from '../../../protocol/documents/order.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Retention } from '../../../protocol/documents/retention.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { ORDER } from '../../../protocol/format/file-names.ts';
import { isSessionId } from '../../../protocol/format/ids.ts';
import type { HeldDocument } from './log-account.ts';
import type { Shape } from './packed-map.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { Extent } from './place.ts';
import { listFolder, oddNames, type ReadFiles, unexpected } from './read-files.ts';
import { receiptHead, type StationHead } from './receipt-check.ts';
import type { CheckedRecording } from './recording-check.ts';
import { ORDER_KIND } from './document-kinds.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkSignature, readDocument, type SignatureKind } from './signed-document.ts';
import type { LoggedSignature, StoreLog } from './store-log.ts';
import { roleKeys, type TrustedKeys } from './trusted-keys.ts';

const NAMES: ReadonlySet<string> = new Set([ORDER, ...ROLES.map((role) => roleSignature(ORDER, role))]);

/** An order with the key ids of the roles whose signatures hold. */
export interface FoundOrder {
  readonly order: Order;
  readonly sha256: string;
  readonly where: string;
  readonly officer: string | null;
  readonly supervisor: string | null;
  /** Roles whose signature file is there, whether it can be judged or not. */
  readonly signed: readonly Role[];
}

/** A folder of orders. */
export interface OrdersQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  /** The station in whose folder it lies; undefined in a kit. */
  readonly station: string | undefined;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

/** All orders of a folder. Errors: the signal's reason; those of the machine. */
export async function checkOrders(
  question: OrdersQuestion,
): Promise<{ readonly orders: FoundOrder[]; readonly remarks: Remark[] }> {
  const { files, folder, where, signal } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { orders: [], remarks: [] };
  if (!Array.isArray(names)) return { orders: [], remarks: [names] };
  const orders: FoundOrder[] = [];
  const remarks = names.filter((name) => !isSessionId(name)).map((name) => unexpected(where, name));
  for (const name of names.filter(isSessionId)) {
    signal.throwIfAborted();
    const checked = await checkOrder(question, name);
    remarks.push(...checked.remarks);
    if (checked.order !== undefined) orders.push(checked.order);
  }
  return { orders, remarks };
}

/** Roles of which no key is given. */
export function rolesWithoutKey(keys: TrustedKeys): Role[] {
  return ROLES.filter((role) => roleKeys(keys, role).length === 0);
}

async function checkOrder(
  { files, folder: parent, where: above, station, keys }: OrdersQuestion,
  name: string,
): Promise<{ readonly order: FoundOrder | undefined; readonly remarks: readonly Remark[] }> {
  const folder = join(parent, name);
  const where = below(above, name);
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { order: undefined, remarks: [] };
  if (!Array.isArray(names)) return { order: undefined, remarks: [names] };
  const read = await readDocument(files, folder, where, ORDER_KIND);
  const remarks = [...oddNames(where, names, NAMES), ...read.remarks];
  const { bytes, value } = read;
  if (bytes === undefined || value === undefined) return { order: undefined, remarks };
  remarks.push(...placeRemarks(below(where, ORDER), value, name, station));
  const kindOf = { name: 'order', file: ORDER, trustedComment: ORDER_TRUSTED_COMMENT } as const;
  const by = await checkRoles({ files, folder, where, keys }, names, kindOf, bytes);
  const { signed, officer, supervisor } = by;
  const order = { order: value, sha256: sha256Hex(bytes), where, signed, officer, supervisor };
  return { order, remarks: [...remarks, ...by.remarks, ...signerRemarks(order, keys)] };
}

/** Which roles signed a document beside it, and by the signatures that hold with which key. Errors: only those of the machine. */
export async function checkRoles(
  { files, folder, where, keys }: Pick<OrdersQuestion, 'files' | 'folder' | 'where' | 'keys'>,
  names: readonly string[],
  { file, ...kind }: Pick<SignatureKind, 'name' | 'trustedComment'> & { readonly file: string },
  bytes: Uint8Array,
): Promise<Pick<FoundOrder, 'signed' | Role> & { readonly remarks: readonly Remark[] }> {
  const signed = ROLES.filter((role) => names.includes(roleSignature(file, role)));
  const holds: Record<Role, string | null> = { officer: null, supervisor: null };
  const remarks: Remark[] = [];
  const unknown = rolesWithoutKey(keys);
  for (const role of signed.filter((each) => !unknown.includes(each))) {
    const by = { ...kind, signatureFile: roleSignature(file, role), keys: roleKeys(keys, role) };
    const checked = await checkSignature(files, folder, where, by, bytes);
    holds[role] = checked.keyId ?? null;
    remarks.push(...checked.remarks);
  }
  return { signed, ...holds, remarks };
}

function placeRemarks(place: string, order: Order, name: string, station: string | undefined): Remark[] {
  const remarks: Remark[] = [];
  if (order.order !== name) {
    const message = `order: the folder is named ${name}, the document names order ${order.order}`;
    remarks.push(finding('order.other-order', place, message, { expected: name, found: order.order }));
  }
  if (station !== undefined && order.station !== station) {
    const message = `order: it lies in the folder of station ${station} and names station ${order.station}`;
    remarks.push(finding('order.other-station', place, message, { expected: station, found: order.station }));
  }
  return remarks;
}

function signerRemarks(found: FoundOrder, keys: TrustedKeys): Remark[] {
  const { where, order, signed, officer, supervisor } = found;
  const facts = { order: order.order, verb: order.verb };
  if (signed.length === 0)
    return [finding('order.unsigned', where, `order to ${order.verb}: no signature`, facts)];
  const unknown = rolesWithoutKey(keys).filter((role) => signed.includes(role));
  if (unknown.length > 0) {
    const message = `order to ${order.verb}: no key of ${unknown.join(' and ')} is given`;
    return [note('order.not-judged', where, message, facts)];
  }
  if (officer !== null && officer === supervisor)
    return [finding('order.same-key', where, `order to ${order.verb}: key ${officer} signed twice`, facts)];
  if (hasBothRoles(found) || signed.length === ROLES.length) return [];
  const message = `order to ${order.verb} of ${order.ordered_at}: signed by the ${signed.join()} alone`;
  return [note('order.incomplete', where, message, facts)];
}

// The orders of a place, by the recordings that they concern: an order about a recording counts for its sidecars too, and one about a sidecar
// for its recording; a hold also holds what replaces its recording (SPEC 4.8). Pure.

/** All orders of a place. */
export class OrderBook {
  readonly orders: readonly FoundOrder[];
  readonly #facts: PlaceFacts;
  readonly #log: StoreLog;
  readonly #byRecording = new Map<string, FoundOrder[]>();
  readonly #bySha256 = new Map<string, FoundOrder>();

  /** `log` says when each signature was taken up; it may be empty. */
  constructor(orders: readonly FoundOrder[], facts: PlaceFacts, log: StoreLog) {
    this.orders = orders;
    this.#facts = facts;
    this.#log = log;
    const kin = new Kin(facts);
    for (const found of orders) {
      this.#bySha256.set(found.sha256, found);
      for (const name of kin.of(found.order.recording))
        this.#byRecording.set(name, [...(this.#byRecording.get(name) ?? []), found]);
    }
  }

  /** Recordings that an order concerns, or that replace one. */
  get concerned(): ReadonlySet<string> {
    const concerned = new Set(this.#byRecording.keys());
    const isConcerned = (replaced: string): boolean => this.#byRecording.has(replaced);
    for (const name of concerned.size === 0 ? [] : this.#facts.recordings.keys())
      if (this.#replacedBy(name).some(isConcerned)) concerned.add(name);
    return concerned;
  }

  bySha256(sha256: string): FoundOrder | undefined {
    return this.#bySha256.get(sha256);
  }

  /** Orders about a recording or what belongs to it. */
  about(recording: string): readonly FoundOrder[] {
    return this.#byRecording.get(recording) ?? [];
  }

  /** Whether an order to delete is about it: as `about`, but not where its docking read two recordings at one place, and this is the other one. */
  reaches(found: FoundOrder, recording: string): boolean {
    return this.about(recording).includes(found) && this.#areOne(found.order.recording, recording);
  }

  /** Orders to hold a recording, what belongs to it, or what it replaces; whether they count or not. */
  holdsOf(recording: string): readonly FoundOrder[] {
    return [recording, ...this.#replacedBy(recording)]
      .flatMap((name) => this.about(name))
      .filter(({ order }) => order.verb === 'hold');
  }

  /**
   * The hold that counted at an instant (RFC 3339), by the signatures that the store had taken up by then: its own, or of what it replaces.
   * With `unjudged` a signature of such an order counts wherever one lies here; holds by one role lapse surely then, or at the latest.
   */
  holdAt(
    recording: string,
    at: string,
    unjudged: readonly Order['verb'][] = [],
    lapses: 'fewest' | 'most' = 'fewest',
  ): Hold | undefined {
    const areOne = (one: SignedOrder, other: SignedOrder): boolean =>
      this.#areOne(one.order.recording, other.order.recording);
    for (const name of [recording, ...this.#replacedBy(recording)]) {
      const known = this.about(name).map((found) =>
        this.#asOf(unjudged.includes(found.order.verb) ? takenAtItsWord(found) : found, at, lapses),
      );
      const hold = longestHold(known, Date.parse(at), areOne);
      if (hold !== undefined) return hold;
    }
    return undefined;
  }

  #replacedBy(recording: string): readonly string[] {
    return this.#facts.recordings.get(recording)?.proven?.supersedes ?? [];
  }

  /**
   * Orders that the store's log names and that are not here: only the document says what was ordered. A store of 0.1.0 let an old one go with
   * the documents of its recording, but a hold of both roles that no `unhold` of both lifted stayed; which hold that was about, nothing tells.
   */
  missing(isAsked: (recording: string) => boolean): Remark[] {
    const { orders, droppedEarlier, places } = this.#log;
    const here = new Set<string>(this.orders.map((found) => found.order.order));
    const anyLifted = [...orders.values()].some(({ signatures }) =>
      isOfBoth(
        signatures.filter(({ isEarlier }) => isEarlier),
        'unhold',
      ),
    );
    const asked = [...orders].filter(([order, { recording }]) => !here.has(order) && isAsked(recording));
    return asked.map(([order, { recording, signatures }]) => {
      const message = `order ${order} about recording ${recording} is not here`;
      const mayBeOver = anyLifted || !isOfBoth(signatures, 'hold');
      return droppedEarlier.has(recording) && mayBeOver
        ? note('order.not-kept', places[0] ?? '.', `${message}: it was not kept then`, { order, recording })
        : finding('order.missing', places[0] ?? '.', message, { order, recording });
    });
  }

  /** What the orders and the store's log say differently of each other. A kit has the orders about what lies in it. */
  remarks(facts: PlaceFacts, extent: Extent = 'vault'): Remark[] {
    return [
      ...this.orders.flatMap((found) => this.#orderRemarks(found, facts)),
      ...this.missing((recording) => extent !== 'kit' || facts.recordings.has(recording)),
    ];
  }

  #orderRemarks(found: FoundOrder, facts: PlaceFacts): Remark[] {
    const { order, where } = found;
    const remarks: Remark[] = [];
    const held = facts.recordings.get(order.recording, order.station);
    if (held?.sha256 !== undefined && held.sha256 !== order.manifest_sha256) {
      const message = `order: manifest_sha256: expected ${held.sha256}, found ${order.manifest_sha256}`;
      remarks.push(finding('order.other-manifest', where, message, { recording: order.recording }));
    }
    const lapsedAt = this.#log.orders.get(order.order)?.lapsedAt;
    const lapsed = lapsedAt === undefined ? [] : this.#lapsedEarly(found, lapsedAt);
    return [...remarks, ...orderLogRemarks(found, this.#log), ...lapsed];
  }

  /** Not before the days of the first hold by one role about that recording are over, by the signatures of that time. */
  #lapsedEarly(found: FoundOrder, lapsedAt: string): Remark[] {
    const { order, where } = found;
    // Which hold was the first, of a recording or of its sidecars, only their manifests say.
    if (this.#log.dropped.has(order.recording)) return [];
    const all = this.about(order.recording)
      .filter((other) => this.#areOne(other.order.recording, order.recording))
      .map((other) => this.#asOf(other, lapsedAt));
    if (Date.parse(lapsedAt) >= (aloneUntil(all) ?? 0)) return [];
    const message = `order: ordered at ${order.ordered_at}, and the store's log calls it lapsed at ${lapsedAt}`;
    return [finding('order.lapsed-early', where, message, { order: order.order })];
  }

  /** Whether an order had the signatures of both roles at an instant (RFC 3339). */
  hadBothRoles(found: FoundOrder, at: string): boolean {
    return hasBothRoles(this.#asOf(found, at));
  }

  /** Of two at one place: one recording, or a recording and its sidecar. */
  #areOne(one: string, other: string): boolean {
    const isSidecar = (name: string): boolean =>
      typeof this.#facts.recordings.get(name)?.proven?.sidecarOf === 'string';
    return one === other || isSidecar(one) || isSidecar(other);
  }

  /** A signature that came later did not count yet. One that the log does not know counts from the order's own time. */
  #asOf(
    { order, sha256, officer, supervisor }: FoundOrder,
    at: string,
    lapses: 'fewest' | 'most' = 'fewest',
  ): SignedOrder {
    const logged = this.#log.orders.get(order.order);
    const counts = (role: Role): boolean => {
      const taken = logged?.signatures.find((each) => each.role === role && each.sha256 === sha256);
      return (taken?.at ?? order.ordered_at) <= at;
    };
    return {
      order,
      officer: counts('officer') ? officer : null,
      supervisor: counts('supervisor') ? supervisor : null,
      holdDays: this.#log.holdDaysAt(order.ordered_at)[lapses],
    };
  }
}

/** An order as if each signature that lies beside it held. */
function takenAtItsWord(found: FoundOrder): FoundOrder {
  const [officer = null, supervisor = null] = ROLES.map(
    (role) => found[role] ?? (found.signed.includes(role) ? role : null),
  );
  return { ...found, officer, supervisor };
}

/** Recordings and sidecars that belong together. */
class Kin {
  readonly #byPlace = new Map<string, RecordingFacts[]>();
  readonly #facts: PlaceFacts;

  constructor(facts: PlaceFacts) {
    this.#facts = facts;
  }

  /** The recording itself and all that belongs to it. */
  of(recording: string): string[] {
    const proven = this.#facts.recordings.get(recording)?.proven;
    if (proven === undefined) return [recording];
    const paths = new Set([proven.pathSha256, ...proven.sidecars]);
    if (proven.sidecarOf !== null) paths.add(proven.sidecarOf);
    const beside = this.#docking(`${proven.chain} ${proven.docking}`);
    const media = beside.find((one) => one.proven?.pathSha256 === proven.sidecarOf)?.proven;
    for (const sidecar of media?.sidecars ?? []) paths.add(sidecar);
    const own = beside.filter((one) => paths.has(one.proven?.pathSha256 ?? '')).map(({ name }) => name);
    return [...new Set([recording, ...own])];
  }

  #docking(name: string): readonly RecordingFacts[] {
    if (this.#byPlace.size === 0)
      for (const held of this.#facts.recordings.values()) {
        if (held.proven === undefined) continue;
        const key = `${held.proven.chain} ${held.proven.docking}`;
        const known = this.#byPlace.get(key);
        if (known === undefined) this.#byPlace.set(key, [held]);
        else known.push(held);
      }
    return this.#byPlace.get(name) ?? [];
  }
}

function isOfBoth(signatures: readonly LoggedSignature[], verb: string): boolean {
  return new Set(signatures.filter((each) => each.verb === verb).map(({ role }) => role)).size === 2;
}

// Compares an order with what the store's log says of it (SPEC 4.3.7, 4.8): once for each signature, and where a hold lapsed. Pure.

type Found = Pick<FoundOrder, 'order' | 'sha256' | 'where' | 'signed' | Role>;

/** Everything in which the two do not agree; nothing where the log is not here. */
function orderLogRemarks(found: Found, log: StoreLog): Remark[] {
  if (log.places.length === 0) return [];
  const logged = log.orders.get(found.order.order);
  const signatures = logged?.signatures ?? [];
  const same = signatures.filter((signature) => isOf(signature, found));
  const others = signatures.filter((signature) => !same.includes(signature));
  return [
    ...others.slice(0, 1).map((signature) => otherRemark(found, signature)),
    ...(others.length === 0 ? [...notLogged(found, same), ...gone(found, same)] : []),
    ...same.flatMap((signature) => otherKey(found, signature)),
  ];
}

function isOf({ sha256, verb, recording }: LoggedSignature, { order, ...found }: Found): boolean {
  return sha256 === found.sha256 && verb === order.verb && recording === order.recording;
}

function otherRemark({ order, sha256, where }: Found, logged: LoggedSignature): Remark {
  const message = `order: the store's log took up the ${logged.role}'s signature of an order to ${logged.verb} with SHA-256 ${logged.sha256}; this one, to ${order.verb}, has ${sha256}`;
  const facts = { order: order.order, expected: logged.sha256, found: sha256 };
  return finding('order.other-logged', where, message, facts);
}

/** The key of a role whose signature holds is the one by which the store took it up. */
function otherKey(found: Found, { role, keyId }: LoggedSignature): Remark[] {
  const { order, where } = found;
  const by = found[role];
  if (by === null || keyId === '' || keyId === by) return [];
  const message = `order: the store's log took up a signature of the ${role} by key ${keyId}; this one is by key ${by}`;
  return [finding('order.other-logged', where, message, { order: order.order, expected: keyId, found: by })];
}

function notLogged({ order, where, signed }: Found, same: readonly LoggedSignature[]): Remark[] {
  const open = signed.filter((role) => same.every((logged) => logged.role !== role));
  if (open.length === 0) return [];
  const message = `order: the store's log does not name the signature of the ${open.join(' and the ')}`;
  return [note('order.not-logged', where, message, { order: order.order })];
}

function gone({ order, where, signed }: Found, same: readonly LoggedSignature[]): Remark[] {
  const roles = same.map(({ role }) => role).filter((role) => !signed.includes(role));
  if (roles.length === 0) return [];
  const message = `order: the store's log took up a signature of the ${roles.join(' and the ')}, which is not here`;
  return [finding('order.signature-gone', where, message, { order: order.order })];
}

// What is kept of one recording until all were read. Pure.

/** What a manifest says, as far as other documents could contradict it. */
export interface ProvenManifest {
  readonly station: string;
  /** Station key and camera: what makes a chain. */
  readonly chain: string;
  readonly docking: string;
  readonly bay: string;
  /** Camera with model and serial number, as one text. */
  readonly camera: string;
  readonly cameraId: string;
  readonly pathSha256: string;
  readonly sizeBytes: number;
  readonly originalSha256: string;
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  readonly modifiedAt: string | null;
  /** Its capture time. */
  readonly earliestAt: string | null;
  readonly latestAt: string | null;
  readonly basis: Manifest['capture']['basis'];
  /** Why it counts as rejected. */
  readonly reason: string | null;
  readonly previous: string | null;
  readonly sidecars: readonly string[];
  readonly sidecarOf: string | null;
  /** Read in several dockings. */
  readonly isJoined: boolean;
  /** Recordings that it replaces. */
  readonly supersedes: readonly string[];
}

/** What a verified deletion record says, as far as orders and the store's log could contradict it. */
export interface ProvenDeletion {
  readonly sha256: string;
  /** Who deleted it. */
  readonly receiver: string;
  readonly deletedAt: string;
  readonly retention: Retention;
  readonly orderSha256: string | null;
}

/** One recording. */
export interface RecordingFacts extends HeldDocument {
  readonly kind: 'recording';
  /** Undefined where the manifest or its signature does not hold. */
  readonly proven: ProvenManifest | undefined;
  readonly receivedAt: string | undefined;
  readonly head: StationHead | undefined;
  readonly deletion: ProvenDeletion | undefined;
  /** What of the payload lies beside a deletion record. */
  readonly leftovers: readonly string[];
  /** Whether a docking record names it. */
  listed: boolean;
}

/** How they are held. */
export const RECORDING_SHAPE: Shape<RecordingFacts> = {
  kind: 'word',
  documentKind: 'word',
  name: 'name',
  where: 'where',
  station: 'word',
  sha256: 'digest',
  receiptSha256: 'digest',
  receiptVault: 'word',
  made: { keyId: 'word', at: 'time' },
  doneAt: 'time',
  policySha256: 'word',
  hasPayload: 'word',
  proven: {
    station: 'word',
    chain: 'word',
    docking: 'word',
    bay: 'word',
    camera: 'word',
    cameraId: 'word',
    pathSha256: 'digest',
    sizeBytes: 'number',
    originalSha256: 'digest',
    sealedSizeBytes: 'number',
    chunksSha256: 'digest',
    modifiedAt: 'time',
    earliestAt: 'time',
    latestAt: 'time',
    basis: 'word',
    reason: 'word',
    previous: 'digest',
    sidecars: 'kept',
    sidecarOf: 'digest',
    isJoined: 'word',
    supersedes: 'kept',
  },
  receivedAt: 'time',
  head: { segment: 'word', sequence: 'number', sha256: 'digest', station: 'word' },
  deletion: 'kept',
  leftovers: 'kept',
  listed: 'word',
};

/** The facts of a recording that lies in the folder of that station, where known; `once` gives one copy of a word that comes often. */
export function recordingFacts(
  checked: CheckedRecording,
  station: string | undefined,
  once: (word: string) => string,
): RecordingFacts {
  const { name, where, manifest, manifestSha256, keyId, receiptSha256, receipt } = checked;
  const owner = station ?? manifest?.station;
  return {
    kind: 'recording',
    name,
    where,
    station: owner === undefined ? undefined : once(owner),
    sha256: manifestSha256,
    receiptSha256,
    receiptVault: receipt && once(receipt.vault),
    made: manifest && keyId !== undefined ? { keyId: once(keyId), at: manifest.sealed_at } : undefined,
    doneAt: manifest?.sealed_at,
    policySha256: keyId === undefined ? undefined : manifest?.policy_sha256 && once(manifest.policy_sha256),
    hasPayload: checked.hasPayload,
    proven: provenManifest(checked, once),
    receivedAt: receipt?.received_at,
    head: receiptHead(receipt, owner),
    deletion: provenDeletion(checked),
    leftovers: checked.leftovers,
    listed: false,
  };
}

function provenManifest(
  { manifest, manifestSha256, keyId }: CheckedRecording,
  once: (word: string) => string,
): ProvenManifest | undefined {
  if (manifest === undefined || manifestSha256 === undefined || keyId === undefined) return undefined;
  const { modified_at: modifiedAt, size_bytes: sizeBytes, sha256: originalSha256 } = manifest.original;
  return {
    station: once(manifest.station),
    chain: once(chainName(manifest.camera.id, keyId)),
    docking: once(manifest.docking),
    bay: once(manifest.bay),
    camera: once(cameraText(manifest.camera)),
    cameraId: once(manifest.camera.id),
    pathSha256: manifest.source.path_sha256,
    sizeBytes,
    originalSha256,
    sealedSizeBytes: manifest.sealed.size_bytes,
    chunksSha256: manifest.sealed.chunks_sha256,
    modifiedAt,
    earliestAt: manifest.capture.earliest_at,
    latestAt: manifest.capture.latest_at,
    basis: manifest.capture.basis,
    reason: manifest.rejected === null ? null : once(manifest.rejected.reason),
    previous: manifest.previous_manifest_sha256,
    sidecars: manifest.sidecars,
    sidecarOf: manifest.sidecar_of,
    isJoined: manifest.joints !== undefined,
    supersedes: manifest.supersedes,
  };
}

function provenDeletion({ deletion, deletionSha256 }: CheckedRecording): ProvenDeletion | undefined {
  if (deletion === undefined || deletionSha256 === undefined) return undefined;
  const { receiver, deleted_at: deletedAt, order_sha256: orderSha256, retention } = deletion;
  return { sha256: deletionSha256, receiver, deletedAt, retention, orderSha256 };
}

/** What makes a chain: the camera, and the station key. */
export function chainName(camera: string, keyId: string): string {
  return `camera ${camera} by key ${keyId}`;
}

/** A camera as manifest and docking record both name it, in one text. */
export function cameraText({
  id,
  model,
  serial,
}: {
  readonly id: string;
  readonly model: string | null;
  readonly serial: string | null;
}): string {
  return JSON.stringify([id, model, serial]);
}
