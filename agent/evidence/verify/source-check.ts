// Opens the sealed name of an original (SPEC 4.1, `source`) and compares it with the digest in the manifest. No I/O.
import * as z from 'zod';
import { parseBase64, sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseCanonical } from '../../../protocol/format/canonical.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { CAMERA_PATH_BYTES_MAX, MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { finding, type Remark } from './remark.ts';

const sourceSchema = z.strictObject({ path: z.base64(), vendor: z.record(z.string(), z.string()) });

/** Where the original lay on the camera, or the remark that says why that is not known. */
export type OpenedSource = { readonly path: Uint8Array } | { readonly remark: Remark };

/** Opens `source.sealed`. `place` names the manifest in remarks. */
export function openSource(
  place: string,
  source: Manifest['source'],
  identities: readonly string[],
): OpenedSource {
  try {
    const sealed = parseBase64(source.sealed);
    if (sealed === undefined) return refused(place, 'it is not base64');
    return compare(place, source, parseCanonical(openSmall(sealed, identities), MANIFEST_BYTES_MAX));
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    if (error.code === 'canonical.refused') return refused(place, error.message);
    return { remark: finding('source.damaged', place, `source.sealed: ${error.message}`) };
  }
}

function compare(place: string, source: Manifest['source'], value: unknown): OpenedSource {
  const read = sourceSchema.safeParse(value);
  const path = parseBase64(read.data?.path ?? '');
  if (!read.success || path === undefined || path.length === 0)
    return refused(place, 'it is no path with vendor facts');
  if (path.length > CAMERA_PATH_BYTES_MAX) return refused(place, `its path has ${path.length} bytes`);
  const found = sha256Hex(path);
  if (found === source.path_sha256) return { path };
  const message = `source.sealed: expected a path with SHA-256 ${source.path_sha256}, found ${found}`;
  return { remark: finding('source.wrong-path', place, message, { expected: source.path_sha256, found }) };
}

function refused(place: string, why: string): OpenedSource {
  return { remark: finding('source.refused', place, `source.sealed: ${why}`) };
}
