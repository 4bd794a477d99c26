const FIRST_BYTES = 1 << 10;

/** ASCII text that grows piece by piece, as bytes. A string that grows is copied once more when it is sent, and slower to build. */
export class TextBuffer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  put(text: string): void {
    const end = this.#length + text.length;
    if (end > this.#bytes.length) this.#grow(end);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#length = end;
  }

  get length(): number {
    return this.#length;
  }

  /** The same buffer for another text. */
  clear(): void {
    this.#length = 0;
  }

  /** A copy. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  toString(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString('latin1');
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
