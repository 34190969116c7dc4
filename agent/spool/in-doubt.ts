// Documents by their names that a start could not read, or not verify. One that verifies later stays among them until what follows from it was found
// (second-look.ts): whoever asks in between whether it is in doubt hears that it is, and only who finds that out counts it as sure.

/** Of one kind of document. */
export class InDoubt<Name extends string> extends Set<Name> {
  readonly #verified = new Set<Name>();

  /** It was read again, and verified. Nothing where it is not among them any more. */
  verified(name: Name): void {
    if (this.has(name)) this.#verified.add(name);
  }

  /** In doubt, and has not verified since. */
  isUnsure(name: Name): boolean {
    return this.has(name) && !this.#verified.has(name);
  }

  unsure(): Set<Name> {
    return new Set([...this].filter((name) => this.isUnsure(name)));
  }

  /** Those that verified and are still among them. */
  get settling(): ReadonlySet<Name> {
    return new Set(this.#verified);
  }

  override delete(name: Name): boolean {
    this.#verified.delete(name);
    return super.delete(name);
  }
}
