// Bugs in the order of writing and telling, to be planted into a copy of what was built (whole-cuts-planted.ts): cuts must find each of them.
import type { CutMode } from './cut-disk.ts';
import type { Side } from './sides.ts';
import type { BuiltBug } from './whole-cuts-planted.ts';
import type { CutPoint } from './whole-cuts-points.ts';

export interface OrderBug extends BuiltBug {
  readonly what: string;
  readonly side: Side;
  /** `ext4` by default. */
  readonly mode?: CutMode;
  /** Points of whole cuts at which it can show; one of them is enough. */
  readonly at: (point: CutPoint) => boolean;
}

export const ORDER_BUGS: readonly OrderBug[] = [
  {
    what: 'small files of the spool are renamed without a sync',
    side: 'agent',
    file: 'protocol/format/durable.js',
    find: '        await file.sync();\n',
    put: '',
    at: ({ op, pathClass, start }) =>
      start === 1 && op === 'rename' && pathClass === 'spool/ready/*/receipt.json',
  },
  {
    what: 'a receipt is given before it is durable in the vault',
    side: 'receiver',
    file: 'agent/receiver/transfer/receipts.js',
    find: "        await vault.storeReceipt(subject, document);\n        log.info('receipt sent', logName(subject));\n",
    put: '        await this.give(subject, document);\n        await vault.storeReceipt(subject, document);\n',
    at: ({ op, pathClass }) => op === 'fsync' && pathClass === 'vault/townhall-#/*/receipt.json.tmp',
  },
  {
    what: 'a receipt is given although the payload was not synced',
    side: 'receiver',
    file: 'agent/receiver/vault/vault-work.js',
    find: 'Promise.all([this.#payload.sync(), this.#chunks.sync(), this.#options.ensureStation()]);',
    put: 'this.#options.ensureStation();',
    at: ({ op, pathClass }) => op === 'create' && pathClass.endsWith('.docking/docking.json'),
  },
  {
    what: 'a receipt is given although the name of the folder in the vault was not synced',
    side: 'receiver',
    mode: 'strict',
    file: 'agent/receiver/vault/vault-work.js',
    find: 'await Promise.all([syncs.sync(layout.station(name.station)), syncs.sync(from)]);',
    put: '',
    at: ({ op, pathClass }) => op === 'create' && pathClass.endsWith('.docking/docking.json'),
  },
];
