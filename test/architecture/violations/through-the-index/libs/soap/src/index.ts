export { thing } from '../../ocpp/src/inside';
