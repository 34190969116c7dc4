// The items of a station around stores that a test plays: the state machine is the product's, whatever lies below it.
import type { Custody } from '../../agent/custody/custody-log.ts';
import { Changes, type ItemChange } from '../../agent/spool/changes.ts';
import {
  type ItemStore,
  type ItemType,
  type SignedItem,
  SignedItems,
  type SignedItemsOptions,
} from '../../agent/spool/signed-items.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import { MemoryCustody } from './custody-memory.ts';
import { MemoryLog } from './log-memory.ts';

/** What a test gives; the rest is an empty store, a log that lacks nothing, and a disk that has nothing. */
export interface AroundOptions extends Partial<Omit<SignedItemsOptions, 'types' | 'custody'>> {
  readonly store?: Partial<ItemStore>;
  /** In place of the one around `store`. */
  readonly types?: readonly ItemType[];
  /** In place of that of recordings. */
  readonly type?: Partial<ItemType>;
  readonly custody?: Custody & Partial<SignedItemsOptions['custody']>;
  /** Whether the log has the receipt's entry; it has unless a test says so. */
  readonly isEntered?: (id: RecordingId) => boolean;
}

/** A type of items over a store that does what the test says, and has nothing otherwise. */
export function typeAround(store: Partial<ItemStore>, type: Partial<ItemType> = {}): ItemType {
  const get = store.get ?? ((): SignedItem | undefined => undefined);
  const all: ItemStore = {
    get,
    stateOf: (id) => get(id)?.state,
    find: async (id) => get(id),
    recordings: () => [],
    waiting: () => [],
    readManifest: () => Promise.reject(new Error('no manifest is read here')),
    readChunks: () => Promise.reject(new Error('no chunks are read here')),
    storeReceipt: async () => undefined,
    takeBackReceipt: async () => undefined,
    mayGo: () => true,
    reclaim: async () => undefined,
    quarantine: async () => undefined,
    ...store,
  };
  return {
    kind: 'recording',
    store: all,
    entered: 1,
    entries: () => [],
    chainEnd: async () => undefined,
    fromMs: async () => Infinity,
    refusedCode: 'recording.refused',
    ...type,
  };
}

export function itemsAround({
  store = {},
  type = {},
  types,
  custody = new MemoryCustody(),
  isEntered = () => true,
  ...given
}: AroundOptions = {}): SignedItems {
  const appended = new Set<unknown>();
  const log = {
    append: (event: Parameters<typeof custody.append>[0]) => {
      custody.append(event);
      if (event.event === 'receipted') appended.add(event.facts['recording']);
    },
    checkpoint: (patienceMs?: number) => custody.checkpoint(patienceMs),
    isEntered: (id: RecordingId) => appended.has(id) || isEntered(id),
    ledger: custody.ledger ?? { items: new Map() },
  } as unknown as SignedItemsOptions['custody'];
  return new SignedItems({
    types: types ?? [typeAround(store, type)],
    custody: log,
    files: { readAll: () => Promise.reject(new Error('no receipt lies here')) },
    changes: new Changes<ItemChange>(),
    log: new MemoryLog(),
    ...given,
  });
}
