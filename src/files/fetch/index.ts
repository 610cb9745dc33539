export { fetchData, publishedSet, type FetchedFile, type FetchOptions } from './fetch-data.ts';
export { publishedSets, type PublishedFile, type PublishedSet } from './published.ts';
