export { openThreads, type Threads } from './threads.ts';
