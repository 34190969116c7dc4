// The process that a receiver in a test says it is.
import type { RunningProcess } from '../../agent/receiver/vault/vault-run.ts';

export const STORE_PROCESS: RunningProcess = { host: 'store', pid: 1, bootId: null };
