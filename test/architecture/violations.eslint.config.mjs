import { configuration } from '../../eslint.config.mjs';

// The rules of the project, for files that break them on purpose.
export default configuration('test/architecture/violations/lint/', {
  project: ['test/architecture/violations/tsconfig.json'],
});
