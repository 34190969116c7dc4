// The two programs of a station with its store. A fault is brought about under one of them, while the other one runs on.

export const SIDES = ['agent', 'receiver'] as const;
export type Side = (typeof SIDES)[number];
