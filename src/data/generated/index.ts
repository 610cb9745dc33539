export {
  defaultData,
  generatedData,
  generators,
  isGenerated,
  type GeneratedOptions,
} from './generated.ts';
export type { Generator } from './generator.ts';
export { treeModes, treeProperties, type Tree, type TreeMode } from './saxe-tree.ts';
