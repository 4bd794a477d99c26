/** One thing a cell may say, such as a value's type, with everything it may be. */
export interface Dimension {
  readonly name: string;
  readonly values: readonly string[];
}

/** Some dimensions' values by name; what is not named may be anything. */
export type Pick = Readonly<Record<string, string | undefined>>;

/** What samples of one sort are described by. */
export interface Group {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  /** Why no module of any profile can show this combination, or null where one can. Asked for one and for two dimensions. */
  readonly whyNot: (pick: Pick) => string | null;
}

/** A sample: for each dimension of its group, in order, the place of its value in `values`. */
export type Sample = readonly number[];
