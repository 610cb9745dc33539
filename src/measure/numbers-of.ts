import { isFloat, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';

function isFloatTensor(tensor: Tensor): tensor is Tensor<FloatDType> {
  return isFloat(tensor.dtype);
}

/** The elements of a tensor of any dtype as float64. */
export function numbersOf(tensor: Tensor): Float64Array {
  return isFloatTensor(tensor)
    ? toFloat64(tensor)
    : Float64Array.from<number | bigint>(tensor.data, Number);
}
