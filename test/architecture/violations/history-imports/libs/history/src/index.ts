export { thing } from '../../soap/src';
