// Signatures within certificates and requests for them: which algorithm goes with which key, in DER, made and checked by node:crypto.
import { sign, verify, type KeyObject } from 'node:crypto';
import { equalBytes } from '../format/bytes.ts';
import { DER_BIT_STRING, DER_SEQUENCE, derBits, derObjectId, derSequence, readDerInside } from './der.ts';
import { DockError } from '../format/errors.ts';

const DER_NULL = Uint8Array.of(0x05, 0x00);
/** RFC 5758, RFC 4055 (which wants the NULL) and RFC 8410. */
const ALGORITHMS: Readonly<Record<string, { readonly digest: string | null; readonly id: Uint8Array }>> = {
  ec: { digest: 'sha256', id: derSequence(derObjectId('1.2.840.10045.4.3.2')) },
  rsa: { digest: 'sha256', id: derSequence(derObjectId('1.2.840.113549.1.1.11'), DER_NULL) },
  ed25519: { digest: null, id: derSequence(derObjectId('1.3.101.112')) },
};

/** The identifier of the algorithm that a key signs with here. Errors: "tls.key-kind" for a key that is not EC, RSA or Ed25519. */
export function signatureAlgorithm(key: KeyObject): Uint8Array {
  return algorithmOf(key).id;
}

/** The bytes with their algorithm and signature: the outer form of certificates and of requests. Errors: "tls.key-kind". */
export function signDer(signed: Uint8Array, key: KeyObject): Uint8Array {
  const { digest, id } = algorithmOf(key);
  return derSequence(signed, id, derBits(sign(digest, signed, key)));
}

/** What is in the outer form, before anything of it counts. Errors: "der.malformed". */
export function splitSigned(whole: Uint8Array): {
  readonly signed: Uint8Array;
  readonly verifiedBy: (key: KeyObject) => boolean;
} {
  const [signed, id, bits, surplus] = readDerInside(whole, DER_SEQUENCE);
  if (signed === undefined || id === undefined || bits?.tag !== DER_BIT_STRING || surplus !== undefined)
    throw new DockError('der.malformed', 'no DER: nothing that was signed', { retry: 'never' });
  const signature = bits.content.subarray(1);
  const verifiedBy = (key: KeyObject): boolean => {
    const algorithm = algorithmOf(key);
    return (
      bits.content[0] === 0 &&
      equalBytes(id.whole, algorithm.id) &&
      verify(algorithm.digest, signed.whole, key, signature)
    );
  };
  return { signed: signed.whole, verifiedBy };
}

function algorithmOf(key: KeyObject): { readonly digest: string | null; readonly id: Uint8Array } {
  const kind = key.asymmetricKeyType ?? 'secret';
  const algorithm = Object.hasOwn(ALGORITHMS, kind) ? ALGORITHMS[kind] : undefined;
  if (algorithm !== undefined) return algorithm;
  throw new DockError(
    'tls.key-kind',
    `a key of kind ${kind} makes no certificate here: use EC (P-256), RSA or Ed25519`,
    { retry: 'person' },
  );
}
