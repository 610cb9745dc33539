/** A point of a contour, in columns and rows from the middle of the first cell. */
export type Corner = readonly [column: number, row: number];

/** Values on a grid, row by row; what is not a number is outside every contour. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: ArrayLike<number>;
}

/**
 * The outlines of where a function on a grid is at least `level`, as closed loops with the inside on the left:
 * straight lines through each square of four neighbours, interpolated between values, halfway to what is not a number,
 * and at the border half a cell beyond the last middle. `-Infinity` as level outlines every number.
 */
export function contours(grid: Grid, level: number): readonly (readonly Corner[])[] {
  const next = segments(grid, level);
  const loops: Corner[][] = [];
  for (const start of next.keys()) {
    const loop: Corner[] = [];
    let at: number | undefined = start;
    while (at !== undefined) {
      const found: Segment | undefined = next.get(at);
      next.delete(at);
      if (found === undefined) break;
      loop.push(found.from);
      at = found.to;
    }
    if (loop.length > 2) loops.push(loop);
  }
  return loops;
}

interface Segment {
  readonly from: Corner;
  /** Name of the edge between cells where it ends. */
  readonly to: number;
}

/** Edges of a square, anticlockwise from below: the corners that each lies between. */
const EDGES = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
] as const;

/** Corners of a square, anticlockwise from the lower left. */
const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

/** Every piece of the outline by the name of the edge where it begins. */
function segments(grid: Grid, level: number): Map<number, Segment> {
  const { columns, rows, values } = grid;
  const width = columns + 2;
  const valueAt = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= columns || row >= rows
      ? Number.NaN
      : values[row * columns + column];
  const isIn = (value: number): boolean => !Number.isNaN(value) && value >= level;
  const found = new Map<number, Segment>();
  for (let row = -1; row < rows; row++) {
    for (let column = -1; column < columns; column++) {
      const corner = CORNERS.map(([x, y]) => valueAt(column + x, row + y));
      const inside = corner.map(isIn);
      if (inside.every(Boolean) || !inside.some(Boolean)) continue;
      const name = (edge: number): number => {
        const [x, y] = edge === 1 ? [1, 0] : edge === 2 ? [0, 1] : [0, 0];
        return 2 * ((row + y + 1) * width + column + x + 1) + (edge % 2);
      };
      const point = (edge: number): Corner => {
        const [a, b] = EDGES[edge];
        const share = shareOf(corner[a], corner[b], level);
        const along = (axis: 0 | 1): number =>
          CORNERS[a][axis] + share * (CORNERS[b][axis] - CORNERS[a][axis]);
        return [column + along(0), row + along(1)];
      };
      // Anticlockwise an outline leaves where the inside ends and comes back where it begins again.
      const leaves = [0, 1, 2, 3].filter((k) => inside[k] && !inside[(k + 1) % 4]);
      for (const from of leaves) {
        let to = (from + 3) % 4;
        while (!(!inside[to] && inside[(to + 1) % 4])) to = (to + 3) % 4;
        found.set(name(from), { from: point(from), to: name(to) });
      }
    }
  }
  return found;
}

/** How far from the first value to the second the level is reached. */
function shareOf(a: number, b: number, level: number): number {
  const share = (level - a) / (b - a);
  return share >= 0 && share <= 1 ? share : 0.5;
}

/** The loop without corners that are within `tolerance` of the line through their neighbours (Douglas and Peucker). */
export function simplified(loop: readonly Corner[], tolerance: number): readonly Corner[] {
  const kept = new Set([0, loop.length - 1]);
  const stack: [number, number][] = [[0, loop.length - 1]];
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    const [from, to] = piece;
    let [worst, most] = [-1, tolerance];
    for (let i = from + 1; i < to; i++) {
      const distance = distanceTo(loop[i], loop[from], loop[to]);
      if (distance > most) [worst, most] = [i, distance];
    }
    if (worst < 0) continue;
    kept.add(worst);
    stack.push([from, worst], [worst, to]);
  }
  return loop.filter((_, i) => kept.has(i));
}

function distanceTo(point: Corner, a: Corner, b: Corner): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = Math.hypot(dx, dy);
  const [x, y] = [point[0] - a[0], point[1] - a[1]];
  return length === 0 ? Math.hypot(x, y) : Math.abs(x * dy - y * dx) / length;
}
