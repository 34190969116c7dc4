// Manipulations of signature files: the same document, and something that looks like its signature.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { signDocument, type SecretKey } from '../../../protocol/documents/minisign.ts';
import {
  changeText,
  exchange,
  STRANGER,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';

/** Order of the group: a second number that some verifiers take for the first. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const document = (vault: ManipulatedVault): string => vault.at(vault.evidence.freshNext, 'manifest.json');
const signature = (vault: ManipulatedVault): string => `${document(vault)}.minisig`;
const COMMENT = 'bodydock recording-manifest';

/** Changes the 74 bytes of the first signature. */
function changeBlob(vault: ManipulatedVault, edit: (blob: Buffer) => Buffer): Promise<void> {
  return changeText(signature(vault), (text) => {
    const lines = text.split('\n');
    lines[1] = edit(Buffer.from(lines[1] ?? '', 'base64')).toString('base64');
    return lines.join('\n');
  });
}

function addOrder(blob: Buffer): Buffer {
  const scalar = Buffer.from(blob.subarray(42).toReversed()).toString('hex');
  const other = Buffer.from((BigInt(`0x${scalar}`) + L).toString(16).padStart(64, '0'), 'hex');
  return Buffer.concat([blob.subarray(0, 42), other.toReversed()]);
}

/** A whole signature of the kind that is not prehashed, by the right key. */
function legacy(bytes: Uint8Array, key: SecretKey): string {
  const der = Buffer.concat([PKCS8_PREFIX, key.seed]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const own = sign(null, bytes, secret);
  const both = sign(null, Buffer.concat([own, Buffer.from(COMMENT)]), secret);
  const line = Buffer.concat([Buffer.from('Ed'), key.keyId, own]).toString('base64');
  return `untrusted comment: x\n${line}\ntrusted comment: ${COMMENT}\n${both.toString('base64')}\n`;
}

/** Signs the document, as it is, with another key or as something else. */
async function resigned(vault: ManipulatedVault, key: SecretKey, comment = COMMENT): Promise<void> {
  await writeFile(signature(vault), signDocument(key, await readFile(document(vault)), comment));
}

const own = (vault: ManipulatedVault): SecretKey => vault.keyOf(vault.evidence.freshNext);

export const OF_SIGNATURES: readonly Manipulation[] = [
  {
    name: 'a signature of the kind that is not prehashed, by the right key',
    act: async (vault) => writeFile(signature(vault), legacy(await readFile(document(vault)), own(vault))),
    reason: 'manifest.signature-legacy',
  },
  {
    name: 'a signature for another type of document',
    act: (vault) => resigned(vault, own(vault), 'bodydock receipt'),
    reason: 'manifest.signature-comment',
  },
  {
    name: 'a signature with a comment that is not ours',
    act: (vault) => resigned(vault, own(vault), 'timestamp:1764000000'),
    reason: 'manifest.signature-comment',
  },
  {
    name: 'the trusted comment of another signature',
    act: async (vault) => {
      const other = (await readFile(vault.at(vault.evidence.fresh, 'manifest.json.minisig'), 'utf8')).split(
        '\n',
      );
      await changeText(signature(vault), (text) =>
        [...text.split('\n').slice(0, 3), other[3], ''].join('\n'),
      );
    },
    reason: 'manifest.signature-comment-altered',
  },
  {
    name: 'a signature by a key that nobody trusts',
    act: (vault) => resigned(vault, STRANGER),
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'a manifest signed with the store’s key',
    act: (vault) => resigned(vault, vault.store),
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'a manifest signed with the key of another station',
    act: (vault) => resigned(vault, vault.evidence.dock2.stationKey),
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'a signature by a stranger under the id of the right key',
    act: (vault) => resigned(vault, { ...STRANGER, keyId: own(vault).keyId }),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'a signature whose number is larger by the order of the group',
    act: (vault) => changeBlob(vault, addOrder),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'signatures of two manifests exchanged',
    act: (vault) => exchange(signature(vault), vault.at(vault.evidence.fresh, 'manifest.json.minisig')),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'a signature taken away',
    act: (vault) => rm(signature(vault)),
    reason: 'manifest.signature-missing',
  },
  {
    name: 'a signature with DOS line ends',
    act: (vault) => changeText(signature(vault), (text) => text.replaceAll('\n', '\r\n')),
    reason: 'manifest.signature-malformed',
  },
  {
    name: 'a signature with a line more',
    act: (vault) => changeText(signature(vault), (text) => `${text}x\n`),
    reason: 'manifest.signature-malformed',
  },
  {
    name: 'a signature in base64 of another spelling',
    act: (vault) =>
      changeText(signature(vault), (text) =>
        text.replace(/(.)=\n/, (_, last: string) => `${nextLetter(last)}=\n`),
      ),
    reason: 'manifest.signature-malformed',
  },
  {
    name: 'a signature that is cut',
    act: (vault) => changeText(signature(vault), (text) => text.slice(0, -20)),
    reason: 'manifest.signature-malformed',
  },
  {
    name: 'a digest in place of a signature',
    act: (vault) =>
      changeBlob(vault, (blob) =>
        Buffer.concat([blob.subarray(0, 10), createHash('sha512').update(blob).digest()]),
      ),
    reason: 'manifest.signature-wrong',
  },
];

/** Base64 ends in bits that say nothing; the letter after this one has one of them set. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return letters[letters.indexOf(letter) + 1] ?? 'B';
}
