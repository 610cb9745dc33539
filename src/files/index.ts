export { isDataSet, readDataSet } from './data-set.ts';
export { externalReader } from './external.ts';
export {
  fetchData,
  publishedSet,
  publishedSets,
  type FetchedFile,
  type FetchOptions,
  type PublishedFile,
  type PublishedSet,
} from './fetch/index.ts';
export { learningData, type LearningDataOptions } from './learning-data.ts';
export { readModelFile, writeModelFile, type WriteOptions } from './model.ts';
export { largestFile, readBytes } from './read-bytes.ts';
export {
  checkRunFolder,
  createRunFolder,
  openRunFolder,
  runFiles,
  type Checkpoint,
  type FoundRun,
  type RunFolder,
} from './run-folder.ts';
export { sameFile } from './same-file.ts';
export { checkWritable, writeAtomically } from './write-atomically.ts';
