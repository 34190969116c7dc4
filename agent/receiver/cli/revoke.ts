// `bodydock-receiver revoke`: a key of a station counts no more. Says what that means for what still waits.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { command, usageError } from '../../../config/command-line.ts';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import type { KnownStation, ReceiverConfig } from '../../../config/receiver-config.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  encodeKeyRevocation,
  KEY_DOCUMENT_BYTES_MAX,
  KEY_REVOCATION_TRUSTED_COMMENT,
  type KeyRevocation,
  keyRevocationSchema,
  parseKeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import {
  keyIdHex,
  type PublicKey,
  publicKeyLine,
  stockKeyId,
  verifyDocument,
} from '../../../protocol/documents/minisign.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { instantMs, instantText } from '../../../protocol/format/instants.ts';
import type { Clock, Files, Signer } from '../../../protocol/format/ports.ts';
import { revocationName } from '../keys/revocations.ts';
import { storeKeys } from '../retention/store-keys.ts';
import { placeDocument, readDocument } from '../vault/vault-dockings.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';
import { openStoreCommand, type StoreCommand } from './store-command.ts';

const REASONS = keyRevocationSchema.shape.reason;

/** Errors: "usage", "key.*", "vault.*", "lock.*", the system's. */
export const revoke = command(
  {
    name: 'bodydock-receiver revoke',
    usage: ['STATION --key KEY --reason lost|stolen|retired [--since INSTANT] [--config FILE] [--json]'],
    about: `
From now on no receiver on this vault takes anything that this key signed; running ones follow within seconds. What was receipted before
stays good. What the station signed with it and has no receipt yet is refused and kept in the quarantine; it stays at the station.
`,
    options: {
      config: RECEIVER_FILE,
      key: { type: 'string', value: 'KEY', text: 'the key: its id, or the second line of its .pub file' },
      reason: { type: 'string', value: 'WORD', text: 'lost, stolen or retired' },
      since: {
        type: 'string',
        value: 'INSTANT',
        text: 'since when somebody else may have had it, as in 2026-11-25T18:00Z: what came since is doubtful',
      },
    },
    wordsMax: 1,
  },
  async (line, io) => {
    const [station] = line.words;
    const { key, reason, since, config: file } = line.values;
    const { json } = line;
    if (station === undefined || key === undefined)
      throw usageError('`revoke` wants a station and --key KEY');
    const word = REASONS.safeParse(reason);
    if (!word.success) throw usageError('`revoke` wants --reason lost, stolen or retired');
    const store = await openStoreCommand(file, io);
    const compromisedSince = sinceOf(since, store.clock);
    const known = stationOf(store.config, station);
    const keyId = keyIdHex(keyOf(known, key).keyId);
    const keys = await storeKeys({ ...store.logDeps, layout: store.layout });
    const revoked = await revokeKey(
      {
        ...store,
        storeKeys: keys,
        isEntered: (event) => store.isEntered(event, keyId),
        enter: (event) => store.enter([event]),
      },
      { station: known.id, keyId, reason: word.data, since: compromisedSince },
    );
    if (json) io.out(`${JSON.stringify({ fresh: revoked.fresh, revocation: revoked.revocation })}\n`);
    else io.out(report(revoked, known, await countingKeys(store, known)));
    return EXIT_GOOD;
  },
);

/** Errors: "usage" for what is no instant, or one that is still to come. */
function sinceOf(text: string | undefined, clock: Clock): string | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/.test(text) ? instantMs(text) : null;
  if (ms === null || ms > clock.wallMs())
    throw usageError('`revoke` wants --since as an instant in UTC that is over, as in 2026-11-25T18:00Z');
  return instantText(ms);
}

function stationOf({ stations }: ReceiverConfig, id: string): KnownStation {
  const found = stations.find((station) => station.id === id);
  if (found !== undefined) return found;
  const known = stations.map((station) => station.id).join(', ');
  throw new DockError('key.station', `no station ${JSON.stringify(id)} in the file, only ${known}`, {
    retry: 'person',
  });
}

/** A key that is not pinned is refused as it is: naming one is a slip of the hand. */
function keyOf({ id, publicKeys }: KnownStation, text: string): PublicKey {
  const found = publicKeys.find((key) =>
    [keyIdHex(key.keyId), stockKeyId(key.keyId).toLowerCase()].includes(text.toLowerCase()),
  );
  const key = found ?? publicKeys.find((candidate) => publicKeyLine(candidate) === text);
  if (key !== undefined) return key;
  const known = publicKeys.map((candidate) => keyIdHex(candidate.keyId)).join(', ');
  throw new DockError(
    'key.unknown',
    `station ${id} has no key ${JSON.stringify(text.slice(0, 64))} in the file, only ${known}; a key that is not in the file is refused anyway`,
    { retry: 'person' },
  );
}

function report({ fresh, revocation }: Revoked, { publicKeys }: KnownStation, counting: number): string {
  const { station, key_id: keyId, reason, revoked_at: at, compromised_since: since } = revocation;
  const first = fresh
    ? `revoked: key ${keyId} of station ${station} (${reason}), at ${at}; it stands in the store's log\n`
    : `key ${keyId} of station ${station} was revoked before, at ${at} (${revocation.reason}); nothing was changed\n`;
  const doubt =
    since === undefined
      ? ''
      : `What came since ${since} is doubtful: \`bodydock verify\` says so of each document.\n`;
  return `${first}${doubt}${othersText(publicKeys.length, counting)}${next(reason, station)}`;
}

/** What counts of the keys in the file now. */
function othersText(keys: number, counting: number): string {
  if (keys === 1)
    return 'It is the only key of that station in the file: nothing of that station is taken any more.\n';
  if (counting === 0)
    return 'No key of that station in the file counts any more: nothing of that station is taken.\n';
  return `Of the other keys of that station in the file ${counting === 1 ? 'one still counts' : `${counting} still count`}.\n`;
}

/** Keys of the file that are not revoked: a revocation counts by its name. */
async function countingKeys({ layout }: StoreCommand, { id, publicKeys }: KnownStation): Promise<number> {
  const isRevoked = (key: PublicKey): Promise<boolean> =>
    stat(join(layout.keys(id), revocationName(keyIdHex(key.keyId)))).then(
      () => true,
      (error: unknown) => {
        if (systemCode(error) === 'ENOENT') return false;
        throw error;
      },
    );
  const revoked = await Promise.all(publicKeys.map(isRevoked));
  return revoked.filter((each) => !each).length;
}

function next(reason: KeyRevocation['reason'], station: string): string {
  const change =
    reason === 'retired'
      ? `If station ${station} still signs with it: change its key there, \`bodydock keys rotate --prepare\`.`
      : `At station ${station}, where you still have it: change its key, \`bodydock keys rotate${reason === 'lost' ? ' --reason lost' : ' --prepare'}\`.
     Where it is gone: revoke each of its keys, set another station up with another id (handbook, 6.2), and leave out the next line.`;
  return `What to do next:
  1. ${change}
  2. Put the new key into stations[].public_keys here, and start the receiver anew. Whoever verifies puts its .pub file into the folder of
     keys for \`bodydock verify\`, beside the old key and named alike: station-${station}.NEWKEYID.pub beside station-${station}.pub,
     station.NEWKEYID.pub beside station.pub.
  3. Leave the revoked key in the file: without it nobody could check what it signed before.
  4. Recordings that it signed and that have no receipt stay at the station and are refused. Take them over by hand from its spool.
`;
}

// Revokes a key of a station: the signed document in the vault first, since it counts from then on, the entry in the store's log after
// it. Typed again it finishes what a cut left, by a document that says the new time, and changes nothing where all is done but for a time
// since when somebody else may have had the key, where none was given before.

interface RevokeDeps {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  /** With the store's key. */
  readonly signer: Signer;
  /** Those of the store, the one in use first: see storeKeys. */
  readonly storeKeys: readonly PublicKey[];
  /** Whether that stands in the store's log. */
  readonly isEntered: (event: CustodyEvent) => Promise<boolean>;
  readonly enter: (event: CustodyEvent) => Promise<unknown>;
}

/** What is revoked. Shape: `keyId` is 16 hex digits. */
interface RevokeRequest {
  readonly station: StationId;
  readonly keyId: string;
  readonly reason: KeyRevocation['reason'];
  /** Since when somebody else may have had it. */
  readonly since?: string | undefined;
}

/** `fresh` is false where the key was revoked before; then the revocation is the earlier one, which may have got its time of doubt. */
interface Revoked {
  readonly fresh: boolean;
  readonly revocation: KeyRevocation;
}

/** Errors: the system's, the signer's, those of `enter`. In any case of an error: type it again. */
export async function revokeKey(deps: RevokeDeps, request: RevokeRequest): Promise<Revoked> {
  const known = await knownRevocation(deps, request);
  const { station, keyId: key_id, since } = request;
  const enter = async (revocation: KeyRevocation, fresh: boolean): Promise<Revoked> => {
    await deps.enter(enteredAs(revocation));
    return { fresh, revocation };
  };
  if (known !== undefined && (await deps.isEntered(enteredAs(known)))) {
    if (since === undefined || known.compromised_since !== undefined || since > known.revoked_at)
      return { fresh: false, revocation: known };
    return enter(await place(deps, { ...known, compromised_since: since }), false);
  }
  const doubted = known?.compromised_since;
  if (known !== undefined && doubted !== undefined) {
    const { event, facts } = enteredAs(known);
    const { compromised_since: _, ...first } = facts;
    if (await deps.isEntered({ event, facts: first })) return enter(known, false);
  }
  const compromised = since ?? doubted;
  const revocation: KeyRevocation = {
    type: 'key-revocation',
    version: 1,
    station,
    key_id,
    reason: known?.reason ?? request.reason,
    revoked_at: new Date(deps.clock.wallMs()).toISOString(),
    ...(compromised === undefined ? {} : { compromised_since: compromised }),
  };
  return enter(await place(deps, revocation), known === undefined);
}

function enteredAs({ station, key_id, reason, compromised_since: since }: KeyRevocation): CustodyEvent {
  const facts = { station, key_id, reason, ...(since === undefined ? {} : { compromised_since: since }) };
  return { event: 'key-revoked', facts };
}

/** Undefined where there is none, or none that the store signed: it counts here by its name, and is written anew for whoever verifies. */
async function knownRevocation(
  { files, layout, storeKeys }: RevokeDeps,
  { station, keyId }: RevokeRequest,
): Promise<KeyRevocation | undefined> {
  const path = join(layout.keys(station), revocationName(keyId));
  const document = await readDocument(files, path, KEY_DOCUMENT_BYTES_MAX);
  try {
    if (document === undefined) return undefined;
    verifyDocument(document.bytes, document.signature, KEY_REVOCATION_TRUSTED_COMMENT, storeKeys);
    const known = parseKeyRevocation(document.bytes);
    return known.station === station && known.key_id === keyId ? known : undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

async function place(
  { files, layout, signer }: RevokeDeps,
  revocation: KeyRevocation,
): Promise<KeyRevocation> {
  const { station, key_id: keyId } = revocation;
  const bytes = encodeKeyRevocation(revocation);
  const signature = await signer.sign(bytes, KEY_REVOCATION_TRUSTED_COMMENT);
  const folder = layout.keys(station);
  for (const path of [layout.station(station), folder]) await ensureFolder(files, path);
  await placeDocument(files, join(folder, revocationName(keyId)), { bytes, signature });
  for (const path of [layout.station(station), layout.root]) await files.syncFolder(path);
  return revocation;
}
