export { composed, expanded } from './table.ts';
