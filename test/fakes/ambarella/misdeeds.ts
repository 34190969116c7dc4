// How a recorder of this family can be at odds with what a host expects. Everything may be changed at any time.

/** Steps of a docking, in the words of all dialects. "greet" exists in A alone, "tell" not in C. */
export type Step = 'greet' | 'log-in' | 'tell' | 'battery' | 'show-disk';

/** What it does instead of answering at a step. */
export type Misdeed =
  | { readonly kind: 'silent' }
  | { readonly kind: 'stalls' }
  /** Leaves the bus, for good. */
  | { readonly kind: 'leaves' }
  /** Says no. */
  | { readonly kind: 'refuses' }
  /** Sends other bytes than it should. */
  | { readonly kind: 'sends'; readonly bytes: (answer: Uint8Array) => Uint8Array };

/** What comes to the port once the camera was told to show its disk. */
export type ComesBackAs =
  | 'disk'
  /** Nothing, ever. */
  | 'nothing'
  /** It does not even leave. */
  | 'stays'
  /** A device in login mode again: itself, or another camera of the family. */
  | 'recorder'
  /** A camera that speaks something else. */
  | 'other-kind'
  /** A disk with another serial number in its descriptors. */
  | 'other-disk'
  /** A disk with a keyboard beside it. */
  | 'disk-with-keyboard';

/** What a recorder does wrong; nothing unless told. */
export interface Misdeeds {
  at: Partial<Record<Step, Misdeed>>;
  comesBackAs: ComesBackAs;
  /** It takes no password any more, not even the right one. */
  isLocked: boolean;
}

export function noMisdeeds(): Misdeeds {
  return { at: {}, comesBackAs: 'disk', isLocked: false };
}
