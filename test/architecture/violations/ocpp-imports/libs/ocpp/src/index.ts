export { thing } from '../../kernel/src';
