export { evaluate } from './evaluate.ts';
export { tensorOf, type Numbers } from './array.ts';
