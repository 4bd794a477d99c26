/**
 * What was last made for a key, for the last `size` keys; compared by identity. Not a WeakMap: to V8's scavenger the values in one are alive as
 * long as the map is, whatever becomes of their keys, so values that lead back to a case keep all of it until the next full
 * collection, which then takes compiled code along.
 */
export class Recent<Key extends object, Value> {
  readonly #keys: (Key | null)[];
  readonly #values: (Value | null)[];
  #next = 0;

  constructor(size: number) {
    this.#keys = Array.from({ length: size }, () => null);
    this.#values = Array.from({ length: size }, () => null);
  }

  /** What `make` gave for this key, unless `size` other keys came after it. */
  for(key: Key, make: (key: Key) => Value): Value {
    const at = this.#keys.indexOf(key);
    const known = at < 0 ? null : this.#values[at];
    if (known !== null && known !== undefined) return known;
    const value = make(key);
    this.#keys[this.#next] = key;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#keys.length;
    return value;
  }
}
