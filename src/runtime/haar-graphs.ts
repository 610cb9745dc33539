import type { Graph } from '../graph/index.ts';
import { matrixGraph, type MatrixGraph, type Precision } from './matrix-graph.ts';

/** Reflections of a panel, the unit in which triangles are cut. */
export const PANEL = 128;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/**
 * Inner products of the vectors of a panel, `[head tail]` with a vector in every row: `within` is `W Wᵀ` and,
 * where panels come after it (`heads`, `tails`), `after` is theirs with it. There is no `tail` in a
 * block that reaches to the last row.
 */
export function gramGraph(precision: Precision, isLast: boolean, hasTail: boolean): Graph {
  const g = matrixGraph('inner products', precision);
  const head = g.input('head');
  const tail = hasTail ? g.input('tail') : '';
  const products = (name: string, heads: () => string, tails: () => string): void => {
    const square = g.product(hasTail ? `${name}_square` : name, heads(), head, {
      transposed: true,
    });
    g.output(hasTail ? g.product(name, tails(), tail, { transposed: true, plus: square }) : square);
  };
  products(
    'within',
    () => head,
    () => tail,
  );
  if (!isLast) {
    products(
      'after',
      () => g.input('heads'),
      () => g.input('tails'),
    );
  }
  return g.build();
}

/** Names of the inputs that say what the reflections of a block are, one of each for every panel. */
interface Reflections {
  readonly inverse: readonly string[];
  readonly after: readonly string[];
  readonly head: readonly string[];
}

function reflectionsOf(g: MatrixGraph, panels: number, solved: number): Reflections {
  return {
    inverse: range(solved).map((j) => g.input(`inverse${j}`)),
    after: range(solved - 1).map((j) => g.input(`after${j}`)),
    head: range(panels).map((j) => g.input(`head${j}`)),
  };
}

/**
 * `X` with `X Sᵀ = Z`, an upper triangle S, from the last panel to the first:
 * `X_j = (Z_j - X_{>j} S_{j,>j}ᵀ) S_jj⁻ᵀ`.
 */
function solve(
  g: MatrixGraph,
  { inverse, after }: Reflections,
  isWhole: boolean,
  z: (j: number) => string,
): string {
  const last = inverse.length - 1;
  let solved = '';
  for (let j = last; j >= 0; j--) {
    let right = z(j);
    if (j < last) {
      const s = isWhole ? after[j] : g.cut(`s${j}`, after[j], 0, 0, (last - j) * PANEL);
      right = g.product(`rest${j}`, solved, s, { minus: true, plus: right });
    }
    const x = g.product(`x${j}`, right, inverse[j], { transposed: true });
    solved = j < last ? g.beside(`xs${j}`, [x, solved]) : x;
  }
  return solved;
}

/** `-X head` by panels, where X has as many columns as S and head is an upper triangle. */
function leftPart(g: MatrixGraph, { head, inverse }: Reflections, x: string): readonly string[] {
  const last = inverse.length - 1;
  return head.map((panel, j) => {
    const rows = j < last ? g.cut(`cut${j}`, x, 1, 0, (j + 1) * PANEL) : x;
    const vectors = j > last ? g.cut(`upper${j}`, panel, 0, 0, (last + 1) * PANEL) : panel;
    return g.product(`left${j}`, rows, vectors, { minus: true });
  });
}

/**
 * What a block makes of rows `a` that later blocks have made: `[0 A] - A V S⁻ᵀ [head tail]` as `rows`. The
 * tail comes whole and by panels (`tail`, `tail<j>`), the head by panels of columns down to the
 * diagonal (`head<j>`), S as the inverses of its diagonal blocks and the transposes of what stands beside
 * them (`inverse<j>`, `after<j>`).
 */
export function laterRowsGraph(precision: Precision, panels: number): Graph {
  const g = matrixGraph('later rows', precision);
  const a = g.input('a');
  const tail = g.input('tail');
  const reflections = reflectionsOf(g, panels, panels);
  const x = solve(g, reflections, true, (j) =>
    g.product(`z${j}`, a, g.input(`tail${j}`), { transposed: true }),
  );
  const right = g.product('right', x, tail, { minus: true, plus: a });
  g.output(g.beside('rows', [...leftPart(g, reflections, x), right]));
  return g.build();
}

/**
 * Rows of the result that the first `solved` of the panels of a block make, without the identity:
 * `-V S⁻ᵀ [head tail]` as `rows`, for rows `v` of the lower triangle V. `tail` has as many rows as V has
 * columns; the other inputs are as for the later rows.
 */
export function ownRowsGraph(
  precision: Precision,
  panels: number,
  solved: number,
  hasTail: boolean,
): Graph {
  const g = matrixGraph('own rows', precision);
  const v = g.input('v');
  const reflections = reflectionsOf(g, panels, solved);
  const x = solve(g, reflections, solved === panels, (j) =>
    g.cut(`z${j}`, v, 1, j * PANEL, (j + 1) * PANEL),
  );
  const right = hasTail ? [g.product('right', x, g.input('tail'), { minus: true })] : [];
  g.output(g.beside('rows', [...leftPart(g, reflections, x), ...right]));
  return g.build();
}
