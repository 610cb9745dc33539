/** Rows of a symmetric matrix `S - P Qᵀ`: what is to be done to `rows`, some rows of S with all its columns. */
export interface RankUpdate {
  /** The rows, of n numbers each; they are changed in place. */
  readonly rows: Float64Array;
  /** One row of `width` numbers for each of `rows`. */
  readonly p: Float64Array;
  /** One row of `width` numbers for each of the n columns. */
  readonly q: Float64Array;
  readonly width: number;
}

/** The diagonal of a symmetric tridiagonal matrix, and what stands beside it (one less). */
export interface TridiagonalForm {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
}

/** A squared length below which a column is zero: its inverse must be a float64. */
const NOTHING = 2 ** -960;

/** Columns that are reduced before the rest of the matrix is changed. */
const PANEL = 32;

/**
 * The tridiagonal form of a symmetric matrix, n × n by rows, by reflections in panels; only the lower triangle is
 * read, and all of it is lost. Half of the `4/3 n³` operations are products with the matrix itself, the other half
 * are done by `update`, panel by panel.
 * Reference: Dongarra, Hammarling and Sorensen 1989, doi:10.1016/0377-0427(89)90367-1
 */
export async function tridiagonalForm(
  s: Float64Array,
  n: number,
  update: (change: RankUpdate) => Promise<void> | void,
): Promise<TridiagonalForm> {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const room = new Float64Array(2 * (n + PANEL));
  for (let first = 0; first < n; first += PANEL) {
    const count = Math.min(PANEL, n - first);
    const width = 2 * count;
    // Row i is [v_i w_i] and [w_i v_i] over the reflections of the panel.
    const p = new Float64Array(n * width);
    for (let j = 0; j < count; j++) {
      const column = first + j;
      diagonal[column] = reduceColumn(s, n, { p, count, j, column, beside, room });
    }
    const next = first + count;
    if (next >= n) break;
    const q = new Float64Array(n * width);
    for (let i = next; i < n; i++) {
      const at = i * width;
      q.set(p.subarray(at + count, at + width), at);
      q.set(p.subarray(at, at + count), at + count);
    }
    await update({ rows: s.subarray(next * n, n * n), p: p.subarray(next * width), q, width });
  }
  return { diagonal, beside };
}

/** A panel, with the column of it that is next. */
interface PanelColumn {
  readonly p: Float64Array;
  readonly count: number;
  readonly j: number;
  readonly column: number;
  readonly beside: Float64Array;
  readonly room: Float64Array;
}

/** Makes the reflection of a column and its `w`; gives the element on the diagonal. */
function reduceColumn(
  s: Float64Array,
  n: number,
  { p, count, j, column, beside, room }: PanelColumn,
): number {
  const width = 2 * count;
  const v = room.subarray(0, n);
  const y = room.subarray(n, 2 * n);
  const own = column * width;
  for (let i = column; i < n; i++) {
    const at = i * width;
    let sum = s[i * n + column];
    for (let l = 0; l < j; l++)
      sum -= p[at + l] * p[own + count + l] + p[at + count + l] * p[own + l];
    v[i] = sum;
  }
  const onDiagonal = v[column];
  const from = column + 1;
  if (from === n) return onDiagonal;
  let square = 0;
  for (let i = from; i < n; i++) square += v[i] * v[i];
  const norm = Math.sqrt(square);
  beside[column] = norm;
  if (square < NOTHING) {
    beside[column] = 0;
    return onDiagonal;
  }
  const tau = 1 / (norm * (norm + Math.abs(v[from])));
  v[from] += v[from] < 0 ? -norm : norm;
  symmetricTimes(s, n, from, v, y);
  correct({ p, count, j, from, n, v, y, dots: room.subarray(2 * n, 2 * n + width) });
  let along = 0;
  for (let i = from; i < n; i++) along += y[i] * v[i];
  const half = 0.5 * tau * (tau * along);
  for (let i = from; i < n; i++) {
    p[i * width + j] = v[i];
    p[i * width + count + j] = tau * y[i] - half * v[i];
  }
  return onDiagonal;
}

/** `y -= V (Wᵀ v) + W (Vᵀ v)` for the reflections of the panel so far. */
function correct(of: {
  readonly p: Float64Array;
  readonly count: number;
  readonly j: number;
  readonly from: number;
  readonly n: number;
  readonly v: Float64Array;
  readonly y: Float64Array;
  readonly dots: Float64Array;
}): void {
  const { p, count, j, from, n, v, y, dots } = of;
  const width = 2 * count;
  dots.fill(0);
  for (let i = from; i < n; i++) {
    const x = v[i];
    const at = i * width;
    for (let l = 0; l < j; l++) {
      dots[l] += p[at + l] * x;
      dots[count + l] += p[at + count + l] * x;
    }
  }
  for (let i = from; i < n; i++) {
    const at = i * width;
    let sum = 0;
    for (let l = 0; l < j; l++) sum += p[at + l] * dots[count + l] + p[at + count + l] * dots[l];
    y[i] -= sum;
  }
}

/** `y = S v` on the rows and columns from `from` on, each element of the lower triangle read once. */
function symmetricTimes(
  s: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  y: Float64Array,
): void {
  y.fill(0, from, n);
  let i = from;
  for (; i + 4 <= n; i += 4) {
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    const v0 = v[i];
    const v1 = v[i + 1];
    const v2 = v[i + 2];
    const v3 = v[i + 3];
    let y0 = 0;
    let y1 = 0;
    let y2 = 0;
    let y3 = 0;
    for (let j = from; j < i; j++) {
      const a0 = s[r0 + j];
      const a1 = s[r1 + j];
      const a2 = s[r2 + j];
      const a3 = s[r3 + j];
      const x = v[j];
      y0 += a0 * x;
      y1 += a1 * x;
      y2 += a2 * x;
      y3 += a3 * x;
      y[j] += a0 * v0 + a1 * v1 + (a2 * v2 + a3 * v3);
    }
    y[i] += y0;
    y[i + 1] += y1;
    y[i + 2] += y2;
    y[i + 3] += y3;
    addTriangle(s, n, i, i, i + 4, v, y);
  }
  for (; i < n; i++) addTriangle(s, n, from, i, i + 1, v, y);
}

/** What rows `row … end - 1` have from column `first` up to the diagonal, and what mirrors it. */
function addTriangle(
  s: Float64Array,
  n: number,
  first: number,
  row: number,
  end: number,
  v: Float64Array,
  y: Float64Array,
): void {
  for (let i = row; i < end; i++) {
    for (let j = first; j < i; j++) {
      const a = s[i * n + j];
      y[i] += a * v[j];
      y[j] += a * v[i];
    }
    y[i] += s[i * n + i] * v[i];
  }
}

/** The update in plain loops, of the lower triangle alone. */
export function subtractProduct({ rows, p, q, width }: RankUpdate): void {
  const n = q.length / width;
  const count = rows.length / n;
  const first = n - count;
  for (let i = 0; i < count; i++) {
    const at = i * width;
    for (let j = first; j <= first + i; j++) {
      const other = j * width;
      let sum = 0;
      for (let l = 0; l < width; l++) sum += p[at + l] * q[other + l];
      rows[i * n + j] -= sum;
    }
  }
}
