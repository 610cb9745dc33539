import type { Graph } from '../graph/index.ts';
import { matrixGraph, type MatrixGraph, type Precision } from './matrix-graph.ts';

/** Reflections of a panel, the unit in which triangles are cut. */
export const PANEL = 128;
/** Panels whose rows are made together where a block's own rows of the result are made. */
export const ROW_PANELS = 2;

/** What the graphs of a block depend on besides the sizes of their inputs. */
export interface BlockKind {
  readonly precision: Precision;
  /** Panels of the block, of which the last may have fewer reflections. */
  readonly panels: number;
  /** Whether the vectors have elements beyond the square part of the block. */
  readonly hasTail: boolean;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/**
 * The inner products of the vectors of a block, `W = [head tail]` with a vector in every row: for every
 * panel j, `within<j>` is `W_j W_jᵀ` and `after<j>` is `W_{>j} W_jᵀ`. Inputs are the rows of the panels and
 * those after them: `head<j>`, `heads<j>`, `tail<j>`, `tails<j>`.
 */
export function gramGraph({ precision, panels, hasTail }: BlockKind): Graph {
  const g = matrixGraph('inner products', precision);
  for (const j of range(panels)) {
    const pairs: readonly (readonly [result: string, rows: string])[] = [
      ['within', ''],
      ...(j < panels - 1 ? ([['after', 's']] as const) : []),
    ];
    const head = g.input(`head${j}`);
    const tail = hasTail ? g.input(`tail${j}`) : '';
    for (const [result, rows] of pairs) {
      const heads = rows === '' ? head : g.input(`head${rows}${j}`);
      const name = `${result}${j}`;
      if (!hasTail) {
        g.output(g.product(name, heads, head, { transposed: true }));
        continue;
      }
      const tails = rows === '' ? tail : g.input(`tail${rows}${j}`);
      const plus = g.product(`head_${name}`, heads, head, { transposed: true });
      g.output(g.product(name, tails, tail, { transposed: true, plus }));
    }
  }
  return g.build();
}

/** Inputs that say what the block's reflections are: the triangles of `S`, and the vectors. */
interface BlockInputs {
  readonly inverse: readonly string[];
  readonly after: readonly string[];
  readonly head: readonly string[];
}

function blockInputs(g: MatrixGraph, panels: number): BlockInputs {
  return {
    inverse: range(panels).map((j) => g.input(`inverse${j}`)),
    after: range(panels - 1).map((j) => g.input(`after${j}`)),
    head: range(panels).map((j) => g.input(`head${j}`)),
  };
}

/**
 * `X` with `X Sᵀ = Z`, from the last panel to the first: `X_j = (Z_j - X_{>j} S_{j,>j}ᵀ) S_jj⁻ᵀ`, for
 * panels 0 … last of `panels`.
 */
function solve(
  g: MatrixGraph,
  name: string,
  { inverse, after }: BlockInputs,
  last: number,
  z: (j: number) => string,
): string {
  let solved = '';
  for (let j = last; j >= 0; j--) {
    const at = `${name}_${j}`;
    let right = z(j);
    if (j < last) {
      const s =
        last === inverse.length - 1
          ? after[j]
          : g.cut(`${at}_s`, after[j], 0, 0, (last - j) * PANEL);
      right = g.product(`${at}_rest`, solved, s, { minus: true, plus: right });
    }
    const x = g.product(`${at}_x`, right, inverse[j], { transposed: true });
    solved = j < last ? g.beside(`${at}_row`, [x, solved]) : x;
  }
  return solved;
}

/** `-X head` panel by panel, where X has panels 0 … last and head is an upper triangle. */
function leftPart(
  g: MatrixGraph,
  name: string,
  { head }: BlockInputs,
  x: string,
  last: number,
): readonly string[] {
  return head.map((panel, j) => {
    const rows = j < last ? g.cut(`${name}_${j}_cut`, x, 1, 0, (j + 1) * PANEL) : x;
    const vectors =
      j > last ? g.cut(`${name}_${j}_head`, panel, 0, 0, (last + 1) * PANEL) : panel;
    return g.product(`${name}_${j}_left`, rows, vectors, { minus: true });
  });
}

/**
 * Rows of the result that stem from earlier blocks, `[0 A] - A V Tᵀ [head tail]` as `rows`. Inputs: `a`; the
 * vectors beyond the square as `tail` and by panels as `tail<j>`; the head by panels of columns, down to
 * the diagonal, as `head<j>`; `inverse<j>` and `after<j>`, the triangle S.
 */
export function laterRowsGraph({ precision, panels }: BlockKind): Graph {
  const g = matrixGraph('later rows', precision);
  const a = g.input('a');
  const tail = g.input('tail');
  const tails = range(panels).map((j) => g.input(`tail${j}`));
  const block = blockInputs(g, panels);
  const x = solve(g, 'solve', block, panels - 1, (j) =>
    g.product(`z${j}`, a, tails[j], { transposed: true }),
  );
  const right = g.product('right', x, tail, { minus: true, plus: a });
  g.output(g.beside('rows', [...leftPart(g, 'rows', block, x, panels - 1), right]));
  return g.build();
}

/** Groups of rows in which a block's own rows are made. */
export function rowGroups(panels: number): number {
  return Math.ceil(panels / ROW_PANELS);
}

/**
 * A block's own rows of the result without the identity, `-V Tᵀ [head tail]`, group g of them as `rows<g>`.
 * Inputs: rows of the lower triangle V up to the diagonal, `v<g>`; the first rows of the tail, as many
 * as that has columns, `tail<g>`; `head<j>`, `inverse<j>` and `after<j>` as for the later rows.
 */
export function ownRowsGraph({ precision, panels, hasTail }: BlockKind): Graph {
  const g = matrixGraph('own rows', precision);
  const block = blockInputs(g, panels);
  for (const group of range(rowGroups(panels))) {
    const last = Math.min((group + 1) * ROW_PANELS, panels) - 1;
    const v = g.input(`v${group}`);
    const x = solve(g, `solve${group}`, block, last, (j) =>
      g.cut(`z${group}_${j}`, v, 1, j * PANEL, (j + 1) * PANEL),
    );
    const left = leftPart(g, `rows${group}`, block, x, last);
    const right = hasTail
      ? [g.product(`right${group}`, x, g.input(`tail${group}`), { minus: true })]
      : [];
    g.output(g.beside(`rows${group}`, [...left, ...right]));
  }
  return g.build();
}
