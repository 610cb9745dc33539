import type { Nonlinearity } from '../activation/index.ts';
import { coefficientsAtRoots } from '../numeric/index.ts';

/**
 * Ascending ends of cells of the real line, on each of which quadrature with 16 points does a nonlinearity and
 * its derivative justice; every breakpoint is an end.
 */
export type Mesh = readonly number[];

const MESHES: WeakMap<Nonlinearity, Map<number, Mesh>> = new WeakMap();

/** Points at which a cell is looked at: those of a polynomial of this degree. */
const DEGREE = 15;

/**
 * Gauss–Legendre quadrature with 16 points has the error ρ⁻³² where interpolation of degree 15 has ρ⁻¹⁵, so what
 * is left of the last coefficients may be the root of the accuracy that is wanted.
 */
const RESOLVED = 1e-5;

/** The same, relative to the values near 0: what is left of tails does not count. */
const NEGLIGIBLE = 1e-10;

/** Cells after which a nonlinearity counts as impossible to resolve. */
const MOST_CELLS = 400;

/** The mesh of a nonlinearity that covers at least `[-extent, extent]`. */
export function meshOf(phi: Nonlinearity, extent: number): Mesh {
  const reach = 2 ** Math.max(6, Math.ceil(Math.log2(extent)));
  let meshes = MESHES.get(phi);
  if (meshes === undefined) MESHES.set(phi, (meshes = new Map<number, Mesh>()));
  let mesh = meshes.get(reach);
  if (mesh === undefined) meshes.set(reach, (mesh = makeMesh(phi, reach)));
  return mesh;
}

function makeMesh({ name, f, df, breakpoints, features = [] }: Nonlinearity, reach: number): Mesh {
  const [floor, slopeFloor] = [NEGLIGIBLE * sizeNearZero(f), NEGLIGIBLE * sizeNearZero(df)];
  const ends = new Set<number>([-reach, reach]);
  for (let end = 2; end < reach; end *= 2) ends.add(-end).add(end);
  for (const point of [...breakpoints, ...features]) if (Math.abs(point) < reach) ends.add(point);
  const pending = [...ends].sort((a, b) => a - b);
  const mesh = [pending[0]];
  // `pending` holds the ends to come, the next one last.
  pending.reverse().pop();
  for (let high = pending.pop(); high !== undefined; high = pending.pop()) {
    const low = mesh[mesh.length - 1];
    const middle = 0.5 * (low + high);
    const smallest = 2 ** -24 * Math.max(2 ** -20, Math.abs(middle));
    const isFine = isResolved(f, low, high, floor) && isResolved(df, low, high, slopeFloor);
    if (high - low < smallest || isFine) {
      mesh.push(high);
    } else {
      pending.push(high, middle);
    }
    if (mesh.length > MOST_CELLS) {
      throw new RangeError(
        `meshOf: ${name} must be smooth between its breakpoints up to |x| = ${reach}, got more than ` +
          `${MOST_CELLS} pieces up to x = ${low}; keep to smaller q or give its covariance in closed form`,
      );
    }
  }
  return mesh;
}

function sizeNearZero(f: (x: number) => number): number {
  let size = 0;
  for (let x = -2; x <= 2; x += 0.25) size = Math.max(size, Math.abs(f(x)));
  return size;
}

function isResolved(f: (x: number) => number, low: number, high: number, floor: number): boolean {
  const middle = 0.5 * (low + high);
  const half = 0.5 * (high - low);
  const values: number[] = [];
  let size = 0;
  for (let j = 0; j <= DEGREE; j++) {
    // Not at the ends, which belong to the neighbours as well.
    const y = f(middle + half * Math.cos((Math.PI * (j + 0.5)) / (DEGREE + 1)));
    values.push(y);
    size = Math.max(size, Math.abs(y));
  }
  const coefficients = coefficientsAtRoots(values);
  const tail = Math.max(...coefficients.subarray(DEGREE - 3).map(Math.abs));
  return tail <= RESOLVED * size + floor;
}

/** How far a quadrature panel may go from `x` upwards without leaving what one cell of the mesh allows. */
export function stepUp(mesh: Mesh, x: number): number {
  let i = cellAt(mesh, x);
  let end = x + mesh[i + 1] - mesh[i];
  for (i += 1; i + 1 < mesh.length && mesh[i] < end; i++) end = Math.min(end, mesh[i + 1]);
  return end - x;
}

/** The same downwards, as a positive number. */
export function stepDown(mesh: Mesh, x: number): number {
  let i = cellAt(mesh, x);
  if (mesh[i] >= x && i > 0) i -= 1;
  let end = x - (mesh[i + 1] - mesh[i]);
  for (i -= 1; i >= 0 && mesh[i + 1] > end; i--) end = Math.max(end, mesh[i]);
  return x - end;
}

/** Index of the cell that `x` lies in or begins; the outermost ones go on for ever. */
function cellAt(mesh: Mesh, x: number): number {
  let low = 0;
  let high = mesh.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (mesh[middle] <= x) low = middle;
    else high = middle;
  }
  return low;
}
