// Ed25519 signatures for a simulation, which makes some thousand a life, has each looked at some five times by station, store and judges, and
// would do little else. Of those made here most are stand-ins: bytes that hold because they are remembered, for that key and that message alone.
// Looks at node:crypto's `verify` from outside: anybody who verifies does so as always, over the very bytes, and what is not known is calculated.
//
// Invariants:
// 1. Known is a key, a message and a signature, all to the last bit: one bit of difference, and it is calculated.
// 2. Which signatures are stand-ins goes by their message: one in REAL_ONE_IN is a real one.
// 3. Of real ones that are known every RECALCULATED_EVERYth answer is calculated anyway, and that answer counts.
// 4. Nobody but `signatureBy` makes a stand-in known, and none is forgotten but by `forgetSignatures`.
import crypto, { hash, KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const REAL_ONE_IN = 16;
const RECALCULATED_EVERY = 4;
/** Some 200 bytes each. */
const KNOWN_MAX = 65_536;
/** Longer ones are no documents' digests and no messages. */
const MESSAGE_BYTES_MAX = 16_384;

type Verify = typeof crypto.verify;

/** Real ones. */
const known = new Set<string>();
const standIns = new Set<string>();
const names = new WeakMap<KeyObject, string>();
let isOn = false;
let asked = 0;

/** From here on `verify` answers from memory where it can, and signers make stand-ins, for all of this thread, until the returned call. */
export function knowSignatures(): () => void {
  if (isOn) throw new Error('signatures are known already');
  isOn = true;
  const { verify: own } = crypto;
  const calculate = (args: Parameters<Verify>): unknown => Reflect.apply(own, crypto, args);
  const verify = (...args: Parameters<Verify>): unknown => {
    const name = nameOf(args);
    if (name === undefined) return calculate(args);
    if (standIns.has(name)) return true;
    if (known.has(name) && ++asked % RECALCULATED_EVERY !== 0) return true;
    const holds = calculate(args);
    if (holds === true) know(name);
    else known.delete(name);
    return holds;
  };
  crypto.verify = verify as Verify;
  syncBuiltinESMExports();
  return () => {
    isOn = false;
    crypto.verify = own;
    syncBuiltinESMExports();
    forgetSignatures();
  };
}

/** For signers: signature by the key whose public half has these 32 bytes; `sign` makes a real one. */
export function signatureBy(publicKey: Uint8Array, message: Uint8Array, sign: () => Buffer): Buffer {
  if (!isOn) return sign();
  const standIn = hash('sha512', Buffer.concat([publicKey, message]), 'buffer');
  const isReal = (standIn[0] ?? 0) % REAL_ONE_IN === 0 || message.length > MESSAGE_BYTES_MAX;
  const signature = isReal ? sign() : standIn;
  const name = textOf(Buffer.from(publicKey).toString('base64url'), message, signature);
  if (isReal) know(name);
  else standIns.add(name);
  return signature;
}

/** A life begins: what was signed in others does not come up in it. */
export function forgetSignatures(): void {
  known.clear();
  standIns.clear();
}

function know(name: string): void {
  if (known.size >= KNOWN_MAX) known.clear();
  known.add(name);
}

/** Undefined for what is no question of ours: another algorithm, a key in another form, a callback. */
function nameOf([algorithm, message, key, signature, ...more]: Parameters<Verify>): string | undefined {
  if (algorithm !== null || more.length > 0) return undefined;
  if (!(key instanceof KeyObject) || key.type !== 'public' || key.asymmetricKeyType !== 'ed25519')
    return undefined;
  if (!(message instanceof Uint8Array) || message.length > MESSAGE_BYTES_MAX) return undefined;
  return signature instanceof Uint8Array ? textOf(keyName(key), message, signature) : undefined;
}

function keyName(key: KeyObject): string {
  let name = names.get(key);
  if (name === undefined) names.set(key, (name = key.export({ format: 'jwk' }).x ?? ''));
  return name;
}

/** Key and signature have one length each where they are any good, and their lengths are told where they are not. */
function textOf(key: string, message: Uint8Array, signature: Uint8Array): string {
  return `${key} ${signature.length} ${latin1(signature)}${latin1(message)}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
