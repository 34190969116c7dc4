// What every container format's reader gives and takes. No code.

/** What a container parser finds; null where the container does not tell or tells nonsense. */
export interface ContainerFacts {
  readonly container: string;
  readonly durationMs: number | null;
  readonly codec: string | null;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
}

/** One container format read in pieces of any length. */
export interface ContainerParser {
  push(bytes: Uint8Array): void;
  facts(): ContainerFacts;
}
