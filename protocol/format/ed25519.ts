// Ed25519 signatures (RFC 8032) verified by node:crypto, a hundred times faster than in JavaScript, and which public keys are none.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** DER in front of a raw Ed25519 public key (RFC 8410). */
export const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Points of small order: y of each, little-endian without the sign bit (SPEC 2.4.2). */
const WEAK_KEYS: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);
/** What no y may reach. */
const FIELD = 2n ** 255n - 19n;

/** True for 32 bytes by which one signature holds for every document, or that are no canonical point. */
export function isWeakKey(key: Uint8Array): boolean {
  const y = Buffer.from(key);
  y[31] = (y[31] ?? 0) & 0x7f;
  return (
    WEAK_KEYS.has(y.toString('hex')) || BigInt(`0x${Buffer.from(y.toReversed()).toString('hex')}`) >= FIELD
  );
}

/** True where the key (32 bytes) made the signature (64 bytes) over the message. Never throws. */
export function isSignedBy(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, message, keyObjectOf(key), signature);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}

/** Parsed once for each array of a pinned key: parsing takes as long as a verification. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function keyObjectOf(key: Uint8Array): KeyObject {
  let object = keyObjects.get(key);
  if (object === undefined) {
    object = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' });
    keyObjects.set(key, object);
  }
  return object;
}
