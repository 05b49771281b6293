export { thing } from '../../charge-box/src';
