// How a driver has the power of a camera's port switched off and on, where everything gentler failed. The agent gives it the adapter.

/** "cycled": the device left the bus. "refused": nothing was switched, and whoever refused has said why. */
export type PowerCycle = 'cycled' | 'refused';

/** Switches the power of the port off and on. Resolves with "refused" for whatever does not work; rejects with the signal's reason alone. */
export type CyclePower = (portPath: string, signal: AbortSignal) => Promise<PowerCycle>;
