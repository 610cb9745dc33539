import { positiveQ } from '../../../numeric/index.ts';
import { ORTHOGONAL_TOLERANCE } from '../orthogonal-from.ts';
import { fillTorchNormal } from './box-muller.ts';
import { shown } from './fans.ts';
import { numberOf, type TorchFunction } from './function.ts';

const call = 'torch.nn.init.orthogonal_';

function matrixOf(shape: readonly number[]): readonly [rows: number, columns: number] {
  if (shape.length < 2) {
    throw new RangeError(`${call}: shape must have at least 2 dimensions, got ${shown(shape)}`);
  }
  return [shape[0], shape.slice(1).reduce((product, extent) => product * extent, 1)];
}

function checkedGain(gain: number): number {
  if (Number.isFinite(gain)) return gain;
  throw new RangeError(`${call}: gain must be finite, got ${gain}`);
}

/**
 * Orthonormal rows or columns, whichever are fewer, times `gain`: Q of the QR decomposition with positive
 * diagonal of R of the matrix of normal numbers that PyTorch draws. That Q is one and the same for every
 * way to compute it; PyTorch's is rounded in float32 on its way, ours at the end.
 */
export const orthogonal: TorchFunction = {
  call,
  options: { gain: 1 },
  choices: {},
  tolerance: ORTHOGONAL_TOLERANCE,
  fill: (generator, out, shape, options) => {
    const [rows, columns] = matrixOf(shape);
    const gain = Math.fround(checkedGain(numberOf(options, 'gain')));
    if (out.length === 0) return;
    fillTorchNormal(generator, out, 0, 1);
    const [tall, narrow] = [Math.max(rows, columns), Math.min(rows, columns)];
    // Column c of the tall matrix stands at c · tall.
    const byColumn = new Float64Array(out.length);
    const at = (row: number, column: number): number =>
      rows < columns ? row * tall + column : column * tall + row;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) byColumn[at(row, column)] = out[i++];
    }
    positiveQ(byColumn, tall, narrow);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        out[i++] = Math.fround(byColumn[at(row, column)]) * gain;
      }
    }
  },
  spread: (shape, options) => {
    const [rows, columns] = matrixOf(shape);
    const gain = Math.abs(checkedGain(numberOf(options, 'gain')));
    const larger = Math.max(rows, columns);
    return { std: larger === 0 ? 0 : gain / Math.sqrt(larger), bound: gain };
  },
};
