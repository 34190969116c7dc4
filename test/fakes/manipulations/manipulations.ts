// All ways in which the vaults of the tests are manipulated: each changes one thing and must be found, by both verifiers.
import type { Manipulation } from './manipulated-vault.ts';
import { OF_CUSTODY } from './of-custody.ts';
import { OF_DOCKINGS } from './of-dockings.ts';
import { OF_DOCUMENTS } from './of-documents.ts';
import { OF_EXCHANGES, OF_FOLDERS } from './of-exchanges.ts';
import { OF_EVALUATIONS, OF_KEYS, OF_ORDERS } from './of-orders.ts';
import { OF_PAYLOADS } from './of-payloads.ts';
import { OF_RECEIPTS } from './of-receipts.ts';
import { OF_SIGNATURES } from './of-signatures.ts';
import { OF_DELETIONS, OF_STORE_LOG } from './of-store.ts';

/** Manipulations by what they change. */
export const MANIPULATIONS: Readonly<Record<string, readonly Manipulation[]>> = {
  payloads: OF_PAYLOADS,
  documents: OF_DOCUMENTS,
  signatures: OF_SIGNATURES,
  exchanges: OF_EXCHANGES,
  folders: OF_FOLDERS,
  receipts: OF_RECEIPTS,
  'custody logs': OF_CUSTODY,
  'docking records': OF_DOCKINGS,
  deletions: OF_DELETIONS,
  orders: OF_ORDERS,
  evaluations: OF_EVALUATIONS,
  keys: OF_KEYS,
  'the store’s log': OF_STORE_LOG,
};
