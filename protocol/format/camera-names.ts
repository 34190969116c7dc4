// When two texts name the same camera (SPEC 12.1), and the ids of cameras that no file names (SPEC 12.3). Pure.
import { createHmac } from 'node:crypto';
import { sha256 } from './bytes.ts';
import { encodeCanonical } from './canonical.ts';
import { makeIdFrom, parseCameraId, RANDOM_ID_PATTERN, type CameraId, type StationId } from './ids.ts';
import type { Signer } from './ports.ts';

/** What makes one camera of a family another one; null where it does not say. */
export interface NamedCamera {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
}

const UNNAMED = 'u-';
const COMMENT = 'bodydock camera-ids';

/** The same number, padded or spelled by another standard. */
export function plainSerial(text: string): string {
  return plainName(text).replace(/^0+(?=.)/, '');
}

/** A model or vendor without case and spaces around. */
export function plainName(text: string): string {
  return text.trim().toLowerCase();
}

/** True for an id of the kind that `cameraIdOf` makes: no file may name one. */
export function isUnnamedId(text: string): boolean {
  return text.startsWith(UNNAMED) && RANDOM_ID_PATTERN.test(text.slice(UNNAMED.length));
}

/**
 * The key of a station's ids for unregistered cameras: 32 bytes that only the holder of the signing key can make. Nothing of it is written
 * or sent anywhere. Ed25519 signs the same bytes in the same way each time (RFC 8032), so it is the same after each start.
 */
export async function cameraIdKey(signer: Signer, station: StationId): Promise<Uint8Array> {
  const text = await signer.sign(encodeCanonical({ type: 'camera-ids', version: 1, station }), COMMENT);
  const [, line = ''] = text.split('\n');
  return sha256(Buffer.from(line, 'base64').subarray(-64));
}

/** The id of an unregistered camera: the same for the same camera, and without the key nobody can try serial numbers on it. */
export function cameraIdOf({ vendor, model, serial }: NamedCamera, key: Uint8Array): CameraId {
  const plain = { vendor: vendor && plainName(vendor), model: model && plainName(model) };
  const named = encodeCanonical({ ...plain, serial: serial && plainSerial(serial) });
  return parseCameraId(UNNAMED + makeIdFrom(createHmac('sha256', key).update(named).digest()));
}
