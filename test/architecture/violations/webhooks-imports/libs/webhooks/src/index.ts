export { thing } from '../../api/src';
