export { thing } from '../../ingress/src';
