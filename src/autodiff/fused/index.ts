export { expanded } from './table.ts';
