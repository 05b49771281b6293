export { thing } from '../../../libs/testing/src';
