// A share of a long list, which a variable of the environment names.

/** Every `of`-th from number `share` on. */
export interface Share {
  readonly share: number;
  readonly of: number;
}

export const ALL: Share = { share: 0, of: 1 };

/** "3/20" is one of twenty shares, and "0/1" are all; undefined for any other text, and where there is none. */
export function parseShare(text: string | undefined): Share | undefined {
  const [, share, of] = /^(\d+)\/([1-9]\d*)$/.exec(text ?? '') ?? [];
  return share === undefined ? undefined : shareOf(Number(share), Number(of));
}

/** One of so many shares, by a number that may be greater. */
export function shareOf(number: number, of: number): Share {
  return { share: number % of, of };
}

/** Whether that place of the list is in it. */
export function isInShare({ share, of }: Share, at: number): boolean {
  return at % of === share;
}
