export { thing } from '../../runtime/src';
