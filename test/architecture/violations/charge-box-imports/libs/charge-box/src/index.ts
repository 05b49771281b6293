export { thing } from '../../event-store/src';
