// How loaded the machine was while a party ran: what others took from it makes a repetition "disturbed".
import { loadavg } from 'node:os';
import { machineCpu, processCpu, type MachineCpu } from './cpu.ts';

/** Share of all processors that others may use. Kernel threads that write the party's own pages count as others. */
const OTHERS_SHARE_MAX = 0.1;

/** What the machine did beside the party. */
export interface LoadReport {
  /** Load averages of the last minute, before and after. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  /** 0 to 1: of the time of all processors, what neither the party nor the bench used. */
  readonly othersShare: number;
  readonly disturbed: boolean;
}

/** Open at the start of a repetition, close at its end. */
export class LoadWatch {
  readonly #loadBefore = loadavg()[0] ?? 0;
  readonly #machine: MachineCpu = machineCpu();
  readonly #bench = processCpu('self').own;

  /** `partySeconds` is the CPU time of all of the party's processes. */
  close(partySeconds: number): LoadReport {
    const now = machineCpu();
    const ours = partySeconds + processCpu('self').own - this.#bench;
    const all = Math.max(now.all - this.#machine.all, 0.01);
    const othersShare = Math.min(1, Math.max(0, (now.busy - this.#machine.busy - ours) / all));
    return {
      loadBefore: this.#loadBefore,
      loadAfter: loadavg()[0] ?? 0,
      othersShare,
      disturbed: isDisturbed(othersShare),
    };
  }
}

/** Whether others used more of the machine than a figure bears. */
export function isDisturbed(othersShare: number): boolean {
  return othersShare > OTHERS_SHARE_MAX;
}
