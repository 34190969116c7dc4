// Where everything lies in a kit: which file of the vault goes where, and which signature belongs to which document. Pure.
import { basename, join } from 'node:path';
import {
  DELETION,
  DOCKING,
  MANIFEST,
  ORDER,
  ORDERS,
  RECEIPT,
  SEALED_NAMES,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
  signed,
  WITNESS,
} from '../../../protocol/format/file-names.ts';
import type { KitFile, KitParts, KitSegment } from './kit-parts.ts';

/** What is copied of a folder; whatever else lies in it is a finding of verify's and stays where it is. */
const COPIED: ReadonlySet<string> = new Set([
  ...signed(MANIFEST, RECEIPT, DELETION, DOCKING),
  ...SEALED_NAMES,
  ORDER,
  `${ORDER}.officer${SIGNATURE_SUFFIX}`,
  `${ORDER}.supervisor${SIGNATURE_SUFFIX}`,
]);

/** Folder of a keeper's segments in the kit. Not named `custody`: a folder with that name would be taken for a station's. */
export function logPath(keeper: string, name: string): string {
  return `log/${keeper}/${name}`;
}

/** Path of a segment's lines in the kit. */
export function segmentFile({ keeper, segment }: KitSegment): string {
  return logPath(keeper, `${segment}${SEGMENT_SUFFIX}`);
}

/** Path of a segment's signed head in the kit. */
export function headFile({ keeper, segment }: KitSegment): string {
  return logPath(keeper, `${segment}.head.json`);
}

/** All files that are copied as they are. */
export function kitFiles(parts: KitParts): KitFile[] {
  const folders = [...parts.asked, ...parts.sidecars].map((one) => ({ ...one, name: one.recording }));
  const dockings = parts.dockings.map((one) => ({ ...one, name: one.record }));
  const orders = parts.orders.map((one) => ({ ...one, name: `${ORDERS}/${one.order.order}` }));
  return [
    ...[...folders, ...dockings, ...orders].flatMap(({ folder, name, names }) =>
      names
        .filter((file) => COPIED.has(file))
        .map((file) => ({ from: join(folder, file), to: `${name}/${file}` })),
    ),
    ...parts.segments.flatMap(({ keeper, path, signed: isSigned }) =>
      withSignature(path, logPath(keeper, basename(path)), isSigned),
    ),
    ...parts.witnesses.flatMap(({ path, witness }) =>
      withSignature(path, `${WITNESS}/${witness.receiver}/${basename(path)}`, true),
    ),
    ...parts.keyDocuments,
  ];
}

function withSignature(from: string, to: string, isSigned: boolean): KitFile[] {
  const own = { from, to };
  return isSigned ? [own, { from: `${from}${SIGNATURE_SUFFIX}`, to: `${to}${SIGNATURE_SUFFIX}` }] : [own];
}

/** The document that a signature's name belongs to; undefined for a file that is none. */
export function documentOf(path: string): string | undefined {
  const match = /^(.+?\.(?:json|jsonl))(?:\.(?:officer|supervisor|new))?\.minisig$/.exec(path);
  return match?.[1];
}
