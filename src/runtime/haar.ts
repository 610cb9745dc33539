import {
  haarColumns,
  type FloatArray,
  type Kernels,
  type Key,
} from '../random/index.ts';
import { drawReflections, invertTriangle, type Block, type Reflections } from './haar-block.ts';
import {
  gramGraph,
  laterRowsGraph,
  ownRowsGraph,
  PANEL,
  ROW_PANELS,
  rowGroups,
  type BlockKind,
} from './haar-graphs.ts';
import type { Precision } from './matrix-graph.ts';
import { matrixOf, openProgram, type Matrix, type Program } from './program.ts';

const BLOCK = Number(process.env['HB'] ?? 1024);
const ROWS = Number(process.env['HR'] ?? 256);
export const stages: Record<string, number> = {};
const tick = (name: string, t: number): number => {
  const now = performance.now();
  stages[name] = (stages[name] ?? 0) + now - t;
  return now;
};

function arrayOf(precision: Precision, memory: ArrayBufferLike): FloatArray {
  return precision === 'float32' ? new Float32Array(memory) : new Float64Array(memory);
}

function bytesOf(precision: Precision): number {
  return precision === 'float32' ? 4 : 8;
}

/** Blocks of nearly equal numbers of reflections, whole panels except in the last. */
export function blocksOf(m: number, n: number): readonly Block[] {
  const size = Math.ceil(n / Math.max(1, Math.round(n / BLOCK)) / PANEL) * PANEL;
  const blocks: Block[] = [];
  for (let first = 0; first < n; first += size) {
    const count = Math.min(size, n - first);
    blocks.push({
      first,
      count,
      rowsAfter: n - first - count,
      columnsAfter: m - first - count,
    });
  }
  return blocks;
}

type Programs = Readonly<Record<'gram' | 'laterRows' | 'ownRows', () => Promise<Program>>>;

const cache = new Map<string, Promise<Program>>();

function programsOf(kind: BlockKind): Programs {
  const { precision, panels, hasTail } = kind;
  const get = (name: string, graph: (kind: BlockKind) => Parameters<typeof openProgram>[0]) => () => {
    const id = `${name} ${precision} ${panels} ${hasTail}`;
    const known = cache.get(id) ?? openProgram(graph(kind));
    cache.set(id, known);
    return known;
  };
  return {
    gram: get('gram', gramGraph),
    laterRows: get('later', laterRowsGraph),
    ownRows: get('own', ownRowsGraph),
  };
}

/** What the graphs of a block share: panels of its vectors and of the triangle S. */
async function blockMatrices(
  { count, columnsAfter }: Block,
  reflections: Reflections,
  precision: Precision,
  gram: () => Promise<Program>,
): Promise<Record<string, Matrix>> {
  const { head, tail, halfNorms } = reflections;
  let t = performance.now();
  const panels = Math.ceil(count / PANEL);
  const inputs: Record<string, Matrix> = {};
  const outputs: Record<string, Matrix> = {};
  const zeros = (size: number): FloatArray =>
    precision === 'float32' ? new Float32Array(size) : new Float64Array(size);
  for (let j = 0; j < panels; j++) {
    const from = j * PANEL;
    const size = Math.min(PANEL, count - from);
    const after = count - from - size;
    inputs[`head${j}`] = matrixOf(head, from * count, size, count);
    if (columnsAfter > 0) {
      inputs[`tail${j}`] = matrixOf(tail, from * columnsAfter, size, columnsAfter);
    }
    outputs[`within${j}_output`] = matrixOf(zeros(size * size), 0, size, size);
    if (after === 0) continue;
    inputs[`heads${j}`] = matrixOf(head, (from + size) * count, after, count);
    if (columnsAfter > 0) {
      inputs[`tails${j}`] = matrixOf(tail, (from + size) * columnsAfter, after, columnsAfter);
    }
    outputs[`after${j}_output`] = matrixOf(zeros(after * size), 0, after, size);
  }
  t = tick('prep', t);
  const p = await gram();
  t = tick('open', t);
  await p.run(inputs, outputs);
  t = tick('gram', t);
  const matrices: Record<string, Matrix> = {};
  for (let j = 0; j < panels; j++) {
    const from = j * PANEL;
    const size = Math.min(PANEL, count - from);
    const { data } = outputs[`within${j}_output`];
    const inverse = invertTriangle(data, halfNorms.subarray(from, from + size), size);
    matrices[`inverse${j}`] = matrixOf(inverse, 0, size, size);
    if (j < panels - 1) matrices[`after${j}`] = outputs[`after${j}_output`];
    t = tick('invert', t);
    const rows = from + size;
    const panel = zeros(rows * size);
    for (let r = 0; r < rows; r++) {
      panel.set(head.subarray(r * count + from, r * count + from + size), r * size);
    }
    matrices[`head${j}`] = matrixOf(panel, 0, rows, size);
    t = tick('prep', t);
  }
  return matrices;
}

/** Rows of the lower triangle V of a block, with the signs of the columns of Q. */
function signedRows({ count }: Block, { head, signs }: Reflections, group: number): Matrix {
  const from = group * ROW_PANELS * PANEL;
  const columns = Math.min(from + ROW_PANELS * PANEL, count);
  const rows = columns - from;
  const data =
    head instanceof Float32Array ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const sign = signs[from + r];
    for (let k = 0; k <= from + r; k++) data[r * columns + k] = sign * head[k * count + from + r];
  }
  return { data, rows, columns };
}

export async function haarOnEngine(
  key: Key,
  m: number,
  n: number,
  precision: Precision,
  kernels: Kernels,
  out?: FloatArray,
): Promise<FloatArray> {
  const bytes = bytesOf(precision);
  const result = out ?? arrayOf(precision, new ArrayBuffer(n * m * bytes));
  const blocks = blocksOf(m, n);
  const room = Math.max(...blocks.map(({ count, columnsAfter }) => count * (count + columnsAfter)));
  const vectors = arrayOf(precision, new ArrayBuffer(room * bytes));
  const row = arrayOf(precision, kernels.memory(m * bytes));
  for (const block of blocks.toReversed()) {
    let t = performance.now();
    const { count, rowsAfter, columnsAfter } = block;
    const head = vectors.subarray(0, count * count);
    const tail = vectors.subarray(count * count, count * (count + columnsAfter));
    const reflections = drawReflections(key, m, block, kernels, row, head, tail);
    tick('draw', t);
    const panels = Math.ceil(count / PANEL);
    const hasTail = columnsAfter > 0;
    const programs = programsOf({ precision, panels, hasTail });
    const shared = await blockMatrices(block, reflections, precision, programs.gram);
    const width = count + columnsAfter;
    t = performance.now();
    if (rowsAfter > 0) {
      const later = await programs.laterRows();
      const tails: Record<string, Matrix> = { tail: matrixOf(tail, 0, count, columnsAfter) };
      for (let j = 0; j < panels; j++) {
        const size = Math.min(PANEL, count - j * PANEL);
        tails[`tail${j}`] = matrixOf(tail, j * PANEL * columnsAfter, size, columnsAfter);
      }
      t = tick('open', t);
      for (let to = rowsAfter; to > 0; to -= ROWS) {
        const from = Math.max(0, to - ROWS);
        await later.run(
          {
            a: matrixOf(result, from * columnsAfter, to - from, columnsAfter),
            ...tails,
            ...shared,
          },
          { rows_output: matrixOf(result, (count + from) * width, to - from, width) },
        );
      }
      t = tick('later', t);
    }
    const own: Record<string, Matrix> = { ...shared };
    const rows: Record<string, Matrix> = {};
    for (let g = 0; g < rowGroups(panels); g++) {
      const v = signedRows(block, reflections, g);
      own[`v${g}`] = v;
      if (hasTail) own[`tail${g}`] = matrixOf(tail, 0, v.columns, columnsAfter);
      rows[`rows${g}_output`] = matrixOf(result, g * ROW_PANELS * PANEL * width, v.rows, width);
    }
    t = tick('prep', t);
    const op = await programs.ownRows();
    t = tick('open', t);
    await op.run(own, rows);
    t = tick('own', t);
    for (let i = 0; i < count; i++) result[i * width + i] += reflections.signs[i];
  }
  return result;
}
