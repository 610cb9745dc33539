import type { LayerPart, LayerParts } from '../../../network/index.ts';
import { uniformLaw } from './laws.ts';
import { moduleOf, type Place, type TorchModule, type TorchTensor } from './module.ts';

/** For each gate in the order of ONNX, its place in the order of PyTorch. */
const GATES: Readonly<Record<string, readonly number[]>> = {
  // input, output, forget, cell here; input, forget, cell, output there.
  LSTM: [0, 3, 1, 2],
  // update, reset, hidden here; reset, update, hidden there.
  GRU: [1, 0, 2],
  RNN: [0],
};

/**
 * One layer of `LSTM`, `GRU` or `RNN`, which are drawn layer by layer: for each direction weight_ih,
 * weight_hh, bias_ih, bias_hh, all U(±1/√hidden).
 */
export function recurrentModule(
  { operator, parts }: LayerParts,
  excludesEnd: boolean,
): TorchModule | null {
  const at = (slot: number): LayerPart | undefined => parts.find((part) => part.slot === slot);
  const [input, hidden, bias] = [at(1), at(2), at(3)];
  if (input === undefined || hidden === undefined) return null;
  const [directions, , width] = hidden.shape;
  const law = uniformLaw(width, 'hidden', excludesEnd);
  const tensors: TorchTensor[] = [];
  for (let direction = 0; direction < directions; direction++) {
    for (const part of [input, hidden]) {
      const inputs = part.shape[2];
      const places = GATES[operator].map((gate, index): Place => ({
        part,
        start: [direction, index * width, 0],
        extent: [1, width, inputs],
        offset: gate * width * inputs,
        strides: [0, inputs, 1],
      }));
      tensors.push({ shape: [places.length * width, inputs], law, places });
    }
    for (const side of bias === undefined ? [] : [0, 1]) {
      const gates = GATES[operator];
      const places = gates.flatMap((gate, index): Place[] =>
        bias === undefined
          ? []
          : [
              {
                part: bias,
                start: [direction, (side * gates.length + index) * width],
                extent: [1, width],
                offset: gate * width,
                strides: [0, 1],
              },
            ],
      );
      tensors.push({ shape: [gates.length * width], law, places });
    }
  }
  return moduleOf(`torch.nn.${operator}`, tensors);
}
