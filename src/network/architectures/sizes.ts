/** One item of the sizes: `512x10` is ten layers of width 512, `64s2` one layer of width 64 with s = 2. */
export interface Run {
  readonly width: number;
  readonly count: number;
  /** The numbers behind the letters that follow, such as `{ s: 2 }`. */
  readonly extra: Readonly<Record<string, number>>;
}

/** What the sizes of an architecture look like: said in errors. */
export interface Shape {
  /** The architecture. */
  readonly name: string;
  /** What must hold, such as `widths must be positive integers like 784-512x10-10`. */
  readonly rule: string;
}

/** Largest extent of an axis that a text may ask for. */
const LARGEST_EXTENT = 2 ** 31 - 1;

/** Most layers that a text may ask for. */
export const MOST_LAYERS = 100_000;

/** Says that the sizes do not have the shape they must have. */
export function badSizes({ name, rule }: Shape, sizes: string): RangeError {
  return new RangeError(`${name}: ${rule}, got ${sizes === '' ? 'nothing' : sizes}`);
}

/** An integer from 1 to 2³¹ - 1 that is part of the sizes. */
export function extentOf(shape: Shape, sizes: string, text: string): number {
  if (!/^\d+$/.test(text) || Number(text) === 0) throw badSizes(shape, sizes);
  if (Number(text) > LARGEST_EXTENT) {
    throw new RangeError(`${shape.name}: sizes must be at most ${LARGEST_EXTENT}, got ${text}`);
  }
  return Number(text);
}

/** Reads one item, `WIDTH`, `WIDTHxCOUNT` or either with the given letters, each with a number, behind it. */
export function runOf(shape: Shape, sizes: string, item: string, letters = ''): Run {
  const match = /^(\d+)(?:x(\d+))?((?:[a-z]\d+)*)$/.exec(item);
  if (match === null) throw badSizes(shape, sizes);
  const extra: Record<string, number> = {};
  for (const [, letter, digits] of match[3].matchAll(/([a-z])(\d+)/g)) {
    if (!letters.includes(letter) || extra[letter] !== undefined) throw badSizes(shape, sizes);
    extra[letter] = extentOf(shape, sizes, digits);
  }
  const count = extentOf(shape, sizes, match[2] ?? '1');
  return { width: extentOf(shape, sizes, match[1]), count, extra };
}

/** Refuses more than `MOST_LAYERS` layers in all. */
export function checkDepth(name: string, runs: readonly Run[]): void {
  const layers = runs.reduce((sum, run) => sum + run.count, 0);
  if (layers > MOST_LAYERS) {
    throw new RangeError(`${name}: layers must number at most ${MOST_LAYERS}, got ${layers}`);
  }
}

/** Expands `784-512x3-10` to [784, 512, 512, 512, 10]; the first and the last width stand alone. */
export function widthsOf(shape: Shape, sizes: string): number[] {
  const runs = sizes.split('-').map((item) => runOf(shape, sizes, item));
  const ends = [runs[0], runs[runs.length - 1]];
  if (runs.length < 2 || ends.some((run) => run.count > 1)) throw badSizes(shape, sizes);
  checkDepth(shape.name, runs);
  return runs.flatMap(({ width, count }) => Array.from({ length: count }, () => width));
}
