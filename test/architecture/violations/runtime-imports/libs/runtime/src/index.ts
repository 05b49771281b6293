export { thing } from '../../read-models/src';
