export { thing } from '../../ocpp/src';
