export { thing } from '../../../libs/soap/src';
